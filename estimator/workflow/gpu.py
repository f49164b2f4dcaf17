"""Verbs of nodes that work on the card: text encoding, sampling, decoding, encoding."""

from __future__ import annotations

from math import ceil
from typing import Any

from .. import facts
from ..costs import Shape
from .graph import Node
from .latents import LatentFormat, latent_format
from .shapes import latent_frames, linked, numbers, unknown_like
from .state import Rule, State
from .values import Clip, Conditioning, Guider, Image, Latent, Model, Sigmas, Unknown, Vae, Value

IMAGE_BYTES = 3 * 4  # three channels of 32-bit floats, as ComfyUI keeps images in RAM


def encode_text(state: State, node: Node, rule: Rule) -> tuple[Value, ...]:
    """A prompt through every text encoder of the clip; gives the tokens that the model attends to."""
    clip = state.value(node, "clip")
    if not isinstance(clip, Clip):
        return (unknown_like(clip, node),)
    texts = [state.value(node, name) for name in rule.texts]
    rough = max((rough_tokens(text) for text in texts if isinstance(text, str)), default=0)
    tokens = [encoder_tokens(state, key, rough, clip.type) for key in clip.components]
    state.add(
        node,
        kind="encode_text",
        components=clip.components,
        law="encode_text",
        shape=text_shape(max(tokens)),
        tokens=tuple(tokens),
        loras=clip.loras,
    )
    return (Conditioning(attended(state, clip, tokens)),)


def text_shape(tokens: int) -> Shape:
    """The shape of one prompt of so many tokens."""
    return Shape(batch=1, channels=0, frames=1, height=1, width=1, text_tokens=tokens)


def rough_tokens(text: str) -> int:
    """About how many tokens a text makes: four Latin letters each, one sign of other scripts each."""
    rule = facts.table("tokens")
    wide = sum(ord(letter) >= rule["wide_from"] for letter in text)
    return int(wide + ceil((len(text) - wide) / rule["letters_per_token"]))


def encoder_tokens(state: State, key: str, rough: int, made_for: str = "") -> int:
    """Tokens that one encoder sees: padded to its least length for that type, or to whole chunks."""
    component = state.component(key).component
    if component is None:
        return rough
    if component.chunk_tokens:
        room = component.chunk_tokens - int(facts.table("tokens")["chunk_marks"])
        return component.chunk_tokens * max(1, ceil(rough / room))
    return max(component.min_tokens_for.get(made_for, component.min_tokens), rough)


def attended(state: State, clip: Clip, tokens: list[int]) -> int:
    """Tokens that the diffusion model attends to: those of the encoder that is not pooled only."""
    loads = [state.component(key).component for key in clip.components]
    long = [count for one, count in zip(loads, tokens, strict=True) if one and not one.chunk_tokens]
    return max(long or tokens)


def sample(state: State, node: Node, rule: Rule) -> tuple[Value, ...]:
    """KSampler: all its steps; `denoise` below 1 stretches the schedule and keeps their number."""
    return run(state, node, steps=numbers(state, node, "steps"), sampler=state.value(node, "sampler_name"))


def sample_range(state: State, node: Node, rule: Rule) -> tuple[Value, ...]:
    """KSamplerAdvanced: the steps from its start to its end."""
    sizes = numbers(state, node, "steps", "start_at_step", "end_at_step")
    if isinstance(sizes, Unknown):
        return run(state, node, steps=sizes, sampler="")
    total, start, end = sizes
    done = max(0, min(end, total) - start)
    return run(state, node, steps=[done], sampler=state.value(node, "sampler_name"))


def sample_custom(state: State, node: Node, rule: Rule) -> tuple[Value, ...]:
    """SamplerCustom: as many steps as its schedule has."""
    schedule = state.value(node, "sigmas")
    steps = [schedule.steps] if isinstance(schedule, Sigmas) else unknown_like(schedule, node)
    return run(state, node, steps=steps, sampler=state.value(node, "sampler")) * 2


def run(state: State, node: Node, steps: list[int] | Unknown, sampler: Value) -> tuple[Value, ...]:
    """A sampling step of model, positive, negative and cfg; gives the latent back."""
    given = guider(state, node, ["positive"] if no_guidance(state, node) else ["positive", "negative"])
    return sampling(state, node, given, steps, sampler)


def no_guidance(state: State, node: Node) -> bool:
    """Whether `cfg` is 1, so that the negative prompt is never evaluated."""
    return state.number(node, "cfg") == 1.0


def guider(state: State, node: Node, names: list[str]) -> Guider | Unknown:
    """The model with the conditionings of the named inputs."""
    model = state.value(node, "model")
    if not isinstance(model, Model):
        return unknown_like(model, node)
    values = [state.value(node, name) for name in names]
    known = tuple(value for value in values if isinstance(value, Conditioning))
    if len(known) < len(values):
        return next(unknown_like(value, node) for value in values if not isinstance(value, Conditioning))
    return Guider(model, known)


def cfg_guider(state: State, node: Node, rule: Rule) -> tuple[Value, ...]:
    """CFGGuider: positive and, unless cfg is 1, negative."""
    return (guider(state, node, ["positive"] if no_guidance(state, node) else ["positive", "negative"]),)


def basic_guider(state: State, node: Node, rule: Rule) -> tuple[Value, ...]:
    """BasicGuider: one conditioning, no guidance."""
    return (guider(state, node, ["conditioning"]),)


def sample_guided(state: State, node: Node, rule: Rule) -> tuple[Value, ...]:
    """SamplerCustomAdvanced: guider, sampler and schedule come as values."""
    schedule, given = state.value(node, "sigmas"), state.value(node, "guider")
    steps = [schedule.steps] if isinstance(schedule, Sigmas) else unknown_like(schedule, node)
    known = given if isinstance(given, Guider) else unknown_like(given, node)
    return sampling(state, node, known, steps, state.value(node, "sampler")) * 2


def sampling(
    state: State, node: Node, given: Guider | Unknown, steps: list[int] | Unknown, sampler: Value
) -> tuple[Value, ...]:
    """Add the sampling step; where something is unknown the step says so and keeps its weights."""
    latent = state.value(node, "latent_image")
    if isinstance(given, Unknown):
        state.add(node, kind="sample", components=(), unknown=given.reason)
        return (latent,)
    parts: dict[str, Any] = {"components": (given.model.component,), "loras": given.model.loras}
    if isinstance(steps, Unknown) or not isinstance(latent, Latent):
        missing = steps if isinstance(steps, Unknown) else unknown_like(latent, node)
        state.add(node, kind="sample", unknown=missing.reason, **parts)
        return (latent,)
    repeats = evaluations(sampler, steps[0])
    shape = latent_shape(state, given.model.component, latent, max(c.tokens for c in given.conditionings))
    state.add(
        node,
        kind="sample",
        law="forward",
        shape=shape,
        repeats=repeats,
        conditions=len(given.conditionings),
        **parts,
    )
    return (latent,)


def evaluations(sampler: Value, steps: int) -> int:
    """Model evaluations of so many steps by a sampler; the last step takes one whatever the sampler."""
    known = facts.table("samplers")["evaluations"]
    each = known.get(sampler, 1) if isinstance(sampler, str) else 1
    return each * (steps - 1) + 1 if steps else 0


def latent_shape(state: State, key: str, latent: Latent, tokens: int = 0) -> Shape:
    """A latent's shape for one component's law, in the channels of that component's latent format."""
    return Shape(
        batch=latent.batch,
        channels=format_of(state, key).channels,
        frames=latent.frames,
        height=latent.height,
        width=latent.width,
        text_tokens=tokens,
    )


def format_of(state: State, key: str) -> LatentFormat:
    """The latent format of a component."""
    component = state.component(key).component
    return latent_format(component.latent if component else "")


def decode(state: State, node: Node, rule: Rule) -> tuple[Value, ...]:
    """A latent to images or frames, whole or in the tiles that the node asks for."""
    vae, latent = state.value(node, "vae"), state.value(node, "samples")
    if not isinstance(vae, Vae) or not isinstance(latent, Latent):
        reason = unknown_like(vae if not isinstance(vae, Vae) else latent, node)
        state.add(node, kind="decode", components=vae_key(vae), unknown=reason.reason)
        return (reason,)
    cell = format_of(state, vae.component)
    frames = (latent.frames - 1) * cell.temporal + 1
    image = Image(latent.batch * frames, latent.height * cell.spatial, latent.width * cell.spatial)
    side, tile_frames = tile_of(state, node, rule, cell)
    state.add(
        node,
        kind="decode",
        components=(vae.component,),
        law="decode",
        shape=latent_shape(state, vae.component, latent),
        tile=side,
        tile_frames=tile_frames,
        output=image_bytes(image),
    )
    return (image,)


def tile_of(state: State, node: Node, rule: Rule, cell: LatentFormat) -> tuple[int, int]:
    """The tile that a node asks for, in latent cells and latent frames; 0 for whole."""
    sizes = numbers(state, node, rule.tile, rule.temporal_tile) if rule.tile else [0, 0]
    if isinstance(sizes, Unknown) or not rule.tile:
        return 0, 0
    return max(1, sizes[0] // cell.spatial), max(2, sizes[1] // cell.temporal)  # never one frame alone


def encode_image(state: State, node: Node, rule: Rule) -> tuple[Value, ...]:
    """Images to a latent: frames of one video where the VAE is a video VAE, else a batch."""
    vae, image = state.value(node, "vae"), state.value(node, "pixels")
    if not isinstance(vae, Vae) or not isinstance(image, Image):
        reason = unknown_like(vae if not isinstance(vae, Vae) else image, node)
        state.add(node, kind="encode_image", components=vae_key(vae), unknown=reason.reason)
        return (reason,)
    cell = format_of(state, vae.component)
    video = cell.temporal > 1
    latent = Latent(
        1 if video else image.count,
        latent_frames(image.count, cell.temporal) if video else 1,
        image.height // cell.spatial,
        image.width // cell.spatial,
    )
    encoding(state, node, vae, latent)
    return (latent,)


def encoding(state: State, node: Node, vae: Vae, latent: Latent) -> None:
    """The step of encoding images into `latent`."""
    shape = latent_shape(state, vae.component, latent)
    state.add(node, kind="encode_image", components=(vae.component,), law="encode", shape=shape)


def image_to_video(state: State, node: Node, rule: Rule) -> tuple[Value, ...]:
    """Positive, negative and an empty video latent; start and end images are encoded at full length."""
    sizes = numbers(state, node, "width", "height", "length", "batch_size")
    if isinstance(sizes, Unknown):
        return (state.value(node, "positive"), state.value(node, "negative"), sizes)
    width, height, length, batch = sizes
    frames = latent_frames(length, rule.temporal)
    latent = Latent(batch, frames, height // rule.spatial, width // rule.spatial)
    vae = state.value(node, "vae")
    if isinstance(vae, Vae) and (linked(node, "start_image") or linked(node, "end_image")):
        encoding(state, node, vae, Latent(1, frames, latent.height, latent.width))
    return (state.value(node, "positive"), state.value(node, "negative"), latent)


def vae_key(vae: Value) -> tuple[str, ...]:
    """The component of a VAE, or nothing."""
    return (vae.component,) if isinstance(vae, Vae) else ()


def image_bytes(image: Image) -> int:
    """Bytes that images take in RAM."""
    return image.count * image.height * image.width * IMAGE_BYTES
