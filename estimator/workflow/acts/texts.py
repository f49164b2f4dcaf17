"""Acts of text encoders: a prompt, with pictures where the encoder reads them."""

from __future__ import annotations

from math import ceil
from typing import Any

import msgspec

from ... import facts
from ...costs import Shape
from ...models import Component
from ..state import Here
from ..values import Clip, Conditioning, Image, Unknown, Value
from .base import Act, Formula


class EncodeText(Act, frozen=True, kw_only=True, tag="encode_text"):
    """A prompt through every text encoder of the clip; gives the tokens that the model attends to.

    `pictures`: images as they are handed to the encoder that sees, whose law counts them in patches of a
    token each; `more`: further tokens, of a template around the prompt.
    """

    into: str = "conditioning"
    clip: Formula = "clip"
    texts: tuple[Formula, ...] = ("text",)
    pictures: tuple[Formula, ...] = ()
    more: int = 0

    def do(self, here: Here) -> dict[str, Value]:
        """One step a picture for the tower, and one for the text with all that it holds."""
        clip = here.value(self.clip)
        if not isinstance(clip, Clip):
            return {self.into: here.like(clip)}
        texts = [text for text in here.several(self.texts) if isinstance(text, str)]
        rough = max(map(rough_tokens, texts), default=0) + self.more
        rough += sum(look(here, clip, picture) for picture in here.several(self.pictures))
        tokens = [encoder_tokens(here, key, rough, clip.type) for key in clip.components]
        here.state.take(clip.components, clip.taken)
        here.state.add(
            here.node,
            kind="encode_text",
            components=(*clip.components, *clip.beside),
            law="encode_text",
            shape=text_shape(max(tokens)),
            tokens=tuple(tokens),
            loras=clip.loras,
        )
        return {self.into: Conditioning(attended(here, clip, tokens))}


MOST_TOKENS = "max_length"


class WriteText(Act, frozen=True, kw_only=True, tag="write_text"):
    """A text encoder that writes: it reads a prompt, and adds `tokens` of its own one by one.

    Without `tokens` it writes up to the node's `max_length`, and mostly ends before. Of several encoders the
    last one writes. What it writes is not known. `more`: tokens of a template around the prompt; `batch`:
    prompts that are continued together.
    """

    into: str = "text"
    clip: Formula = "clip"
    texts: tuple[Formula, ...] = ("prompt",)
    pictures: tuple[Formula, ...] = ()
    more: int = 0
    tokens: Formula = MOST_TOKENS
    batch: Formula = "1"

    def do(self, here: Here) -> dict[str, Value]:
        """A step for what is read, and one for all that is written."""
        clip, new, batch = here.value(self.clip), here.number(self.tokens), here.number(self.batch)
        if not isinstance(clip, Clip) or isinstance(new, Unknown) or isinstance(batch, Unknown):
            unknown = next(one for one in (clip, new, batch) if not isinstance(one, Clip | int))
            components = clip.components if isinstance(clip, Clip) else ()
            here.state.add(here.node, kind="other", components=components, unknown=here.like(unknown).reason)
            return {self.into: here.like(unknown)}
        writer = msgspec.structs.replace(clip, components=clip.components[-1:])
        texts = [text for text in here.several(self.texts) if isinstance(text, str)]
        read = sum(map(rough_tokens, texts)) + self.more
        read += sum(look(here, writer, picture) for picture in here.several(self.pictures))
        read = max(1, read)
        fields: dict[str, Any] = {
            "components": (*clip.components[::-1], *clip.beside),
            "loras": clip.loras,
            "kind": "other",
        }
        here.state.add(here.node, law="prefill", shape=written(batch, read, new), **fields)
        fields |= {"repeats": new, "ends": self.tokens == MOST_TOKENS}
        here.state.add(here.node, law="write_token", shape=written(batch, read + new), **fields)
        return {self.into: here.unknown("what its text encoder writes is not known")}


def written(batch: int, tokens: int, more: int = 1) -> Shape:
    """The shape of a text that is read, with room for so many tokens that follow."""
    return Shape(batch=batch, channels=0, frames=1, height=1, width=max(1, more), text_tokens=tokens)


def look(here: Here, clip: Clip, picture: Value) -> int:
    """Tokens of one picture, with its step; none where no encoder sees."""
    seeing = ((key, here.state.component(key).component) for key in clip.components)
    for key, one in seeing:
        if one and (one.picture_side or one.picture_tokens):
            return see(here, key, one, picture)
    return 0


def see(here: Here, key: str, encoder: Component, picture: Value) -> int:
    """Tokens of one picture, with the step of the vision tower."""
    if not isinstance(picture, Image):
        reason = here.like(picture).reason
        here.state.add(here.node, kind="encode_image", components=(key,), unknown=reason)
        return 0
    side = encoder.picture_side
    high, wide = (max(1, round(one / side)) if side else 1 for one in (picture.height, picture.width))
    here.state.add(
        here.node,
        kind="encode_image",
        components=(key,),
        law="encode_image",
        shape=Shape(batch=1, channels=0, frames=1, height=high, width=wide),
        repeats=picture.count,
    )
    return picture.count * (encoder.picture_tokens or high * wide)


def text_shape(tokens: int) -> Shape:
    """The shape of one prompt of so many tokens."""
    return Shape(batch=1, channels=0, frames=1, height=1, width=1, text_tokens=tokens)


def rough_tokens(text: str) -> int:
    """About how many tokens a text makes: four Latin letters each, one sign of other scripts each."""
    rule = facts.table("tokens")
    wide = 0 if text.isascii() else sum(ord(letter) >= rule["wide_from"] for letter in text)
    return int(wide + ceil((len(text) - wide) / rule["letters_per_token"]))


def encoder_tokens(here: Here, key: str, rough: int, made_for: str = "") -> int:
    """Tokens that one encoder sees: padded to its least length for that type, or to whole chunks."""
    component = here.state.component(key).component
    if component is None:
        return rough
    if component.chunk_tokens:
        room = component.chunk_tokens - int(facts.table("tokens")["chunk_marks"])
        return component.chunk_tokens * max(1, ceil(rough / room))
    return max(component.min_tokens_for.get(made_for, component.min_tokens), rough)


def attended(here: Here, clip: Clip, tokens: list[int]) -> int:
    """Tokens that the diffusion model attends to: those of the encoder that is not pooled only."""
    loads = [here.state.component(key).component for key in clip.components]
    long = [count for one, count in zip(loads, tokens, strict=True) if one and not one.chunk_tokens]
    return max(long or tokens)
