"""The API prompt that a row's workflow most likely was: the template's nodes with the row's numbers."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from .models import Model, components
from .reading import Row, table

Json = dict[str, Any]
SECONDS = 120  # of sound, as the templates have it
TILE = (512, 64, 64, 8)
TILES = ("tile_size", "overlap", "temporal_size", "temporal_overlap")


class Size(msgspec.Struct, frozen=True):
    """What is made: pixels, frames, pictures at once, steps and guidance."""

    width: int
    height: int
    length: int
    batch: int
    steps: int
    cfg: float


def size_of(row: Row, family: Json) -> Size:
    """The row's size, with the template's for what it does not state."""
    steps = row.steps or family["steps"]
    few = steps <= table("words")["usual"]["distilled_steps"]
    return Size(
        row.width or family.get("width", 0),
        row.height or family.get("height", 0),
        frames_of(row, family) or family.get("length", 1),
        row.batch or 1,
        steps,
        1.0 if few else float(family["cfg"]),
    )


def frames_of(row: Row, family: Json) -> int | None:
    """The frames that a row states, or the seconds of video it does."""
    seconds = row.number("seconds_of_video")
    if row.frames or not seconds or "fps" not in family:
        return row.frames
    return round(seconds * (row.number("fps") or family["fps"])) + 1


def node(class_type: str, **inputs: Any) -> Json:
    """One node."""
    return {"class_type": class_type, "inputs": inputs}


class Draft(msgspec.Struct, frozen=True):
    """A workflow in the making: `nodes` are added to."""

    row: Row
    model: Model
    size: Size
    nodes: Json = {}

    @property
    def family(self) -> Json:
        """The row of the model's family."""
        return self.model.family

    @property
    def controlled(self) -> bool:
        """Whether a ControlNet that we know takes part."""
        return bool(self.row.controlnets) and "controlnet" in self.family

    def source(self, what: str) -> list[Any]:
        """Where a clip or a VAE comes from: its own loader, or the checkpoint."""
        return [what, 0] if what in self.nodes else ["model", {"clip": 1, "vae": 2}[what]]


def prompt(row: Row, model: Model, size: Size) -> Json:
    """The whole workflow."""
    draft = Draft(row, model, size, dict(loaders(model)))
    for part in (texts, LATENTS[model.family["kind"]], controls, samplers, ends):
        draft.nodes.update(part(draft))
    return draft.nodes


def loaders(model: Model) -> Json:
    """Nodes that load: `model`, `low`, `clip`, `vae`; `bundle` where one file has several of them."""
    family = model.family
    if model.folder == "checkpoints":
        nodes = {"model": node("CheckpointLoaderSimple", ckpt_name=model.name)}
    else:
        nodes = {"model": unet(model, model.name)}
        if "second" in family:
            nodes["low"] = unet(model, family["second"] if model.name == family["model"] else model.name)
    if "clip" in family and not carries(model, "text_encoder"):
        nodes["clip"] = text_encoders(model)
    if "vae" in family and model.folder != "checkpoints":
        nodes["vae"] = node("VAELoader", vae_name=family["vae"])
    if "sound" in family:
        nodes["sound"] = node("VAELoader", vae_name=family["sound"])
    elif family["kind"] == "audio-video":
        nodes["sound"] = node("LTXVAudioVAELoader", ckpt_name=model.name)
    return nodes


def carries(model: Model, role: str) -> bool:
    """Whether the model's own file has a part of a role."""
    return any(one.role == role for one in components(model))


def unet(model: Model, name: str) -> Json:
    """A loader of a diffusion model."""
    if model.gguf:
        return node("UnetLoaderGGUF", unet_name=name)
    return node("UNETLoader", unet_name=name, weight_dtype="default")


def text_encoders(model: Model) -> Json:
    """The loader of the text encoders."""
    clip = model.family["clip"]
    names = clip["files"]
    if clip["node"] == "LTXAVTextEncoderLoader":
        return node(clip["node"], text_encoder=names[0], ckpt_name=model.name, device="default")
    keys = ["clip_name"] if len(names) == 1 else [f"clip_name{at + 1}" for at in range(len(names))]
    kind = {"type": clip["type"]} if "type" in clip else {}
    return node(clip["node"], **dict(zip(keys, names, strict=True)), **kind)


def texts(draft: Draft) -> Json:
    """The prompts, with a picture where the model takes one."""
    kind, clip = draft.family["kind"], draft.source("clip")
    pictures = {"picture": node("LoadImage", image="picture.png")} if kind in ("edit", "wan-i2v") else {}
    if kind == "minimax-h3":
        return {}
    if kind == "edit":
        encode = "TextEncodeQwenImageEditPlus"
        given: Json = {"clip": clip, "vae": draft.source("vae"), "image1": ["picture", 0]}
        positive, negative = node(encode, prompt="a lighthouse", **given), node(encode, prompt="", **given)
    else:
        positive = node("CLIPTextEncode", text="a lighthouse", clip=clip)
        negative = node("CLIPTextEncode", text="blurry", clip=clip)
    return pictures | {"positive": positive, "negative": negative}


def picture(draft: Draft) -> Json:
    """A latent of a picture."""
    size = draft.size
    sides = {"width": size.width, "height": size.height, "batch_size": size.batch}
    return {"latent": node(draft.family["latent"], **sides)}


def video(draft: Draft) -> Json:
    """A latent of a video."""
    found = picture(draft)
    found["latent"]["inputs"]["length"] = draft.size.length
    return found


def with_vae(draft: Draft) -> Json:
    """A latent of a video by a node that asks for the VAE."""
    found = video(draft)
    found["latent"]["inputs"]["vae"] = draft.source("vae")
    return found


def from_picture(draft: Draft) -> Json:
    """A latent of a video that begins with a picture."""
    found = with_vae(draft)
    given = {"positive": ["positive", 0], "negative": ["negative", 0], "start_image": ["picture", 0]}
    found["latent"]["inputs"] |= given
    return found


def with_sound(draft: Draft) -> Json:
    """A video's latent with that of its sound."""
    sound = {"frames_number": draft.size.length, "frame_rate": draft.family["fps"], "batch_size": 1}
    return {
        "frames": video(draft)["latent"],
        "sounds": node("LTXVEmptyLatentAudio", audio_vae=["sound", 0], **sound),
        "latent": node("LTXVConcatAVLatent", video_latent=["frames", 0], audio_latent=["sounds", 0]),
    }


def together(draft: Draft) -> Json:
    """MiniMax H3: one node for the prompt and the latent."""
    size = draft.size
    sides = {"width": size.width, "height": size.height, "length": size.length}
    given = {"clip": draft.source("clip"), "vae": draft.source("vae"), "prompt": "a lighthouse"}
    return {"positive": node(draft.family["latent"], **given, **sides)}


def sound_alone(draft: Draft) -> Json:
    """A latent of sound."""
    return {"latent": node(draft.family["latent"], seconds=SECONDS, batch_size=draft.size.batch)}


LATENTS = {
    "image": picture,
    "edit": picture,
    "video": video,
    "wan22-latent": with_vae,
    "wan-i2v": from_picture,
    "audio-video": with_sound,
    "minimax-h3": together,
    "sound": sound_alone,
}


def controls(draft: Draft) -> Json:
    """A ControlNet between the prompts and the sampler, where the row has one."""
    if not draft.controlled:
        return {}
    given = {"positive": ["positive", 0], "negative": ["negative", 0], "control_net": ["control", 0]}
    range_of = {"strength": 1.0, "start_percent": 0.0, "end_percent": 1.0}
    apply = node("ControlNetApplyAdvanced", image=["hint", 0], vae=draft.source("vae"), **given, **range_of)
    return {
        "control": node("ControlNetLoader", control_net_name=draft.family["controlnet"]),
        "hint": node("LoadImage", image="hint.png"),
        "controlled": apply,
    }


def samplers(draft: Draft) -> Json:
    """One sampler, or two experts with half of the steps each."""
    positive, negative, latent = conditions(draft)
    size = draft.size
    common = {"positive": positive, "negative": negative, "cfg": size.cfg, "steps": size.steps}
    common |= {"sampler_name": "euler", "scheduler": "simple"}
    if "low" not in draft.nodes:
        alone = {"latent_image": latent, "seed": 1, "denoise": 1.0}
        return {"sample": node("KSampler", model=["model", 0], **alone, **common)}
    half = max(1, size.steps // 2)
    first = {"start_at_step": 0, "end_at_step": half, "add_noise": "enable"}
    then = {"start_at_step": half, "end_at_step": 10000, "add_noise": "disable"}
    common |= {"noise_seed": 1, "return_with_leftover_noise": "enable"}
    return {
        "high": node("KSamplerAdvanced", model=["model", 0], latent_image=latent, **first, **common),
        "sample": node("KSamplerAdvanced", model=["low", 0], latent_image=["high", 0], **then, **common),
    }


def conditions(draft: Draft) -> tuple[list[Any], list[Any], list[Any]]:
    """What the sampler is guided by, and the latent."""
    kind = draft.family["kind"]
    if kind == "minimax-h3":
        return ["positive", 0], ["positive", 0], ["positive", 1]
    if kind == "wan-i2v":
        return ["latent", 0], ["latent", 1], ["latent", 2]
    given = "controlled" if draft.controlled else ""
    positive, negative = ([given, 0], [given, 1]) if given else (["positive", 0], ["negative", 0])
    return positive, negative, ["latent", 0]


def ends(draft: Draft) -> Json:
    """Decoding, in tiles where the row says so, and saving."""
    kind, samples = draft.family["kind"], ["sample", 0]
    nodes: Json = {}
    if kind in ("audio-video", "minimax-h3"):
        nodes["parts"] = node("LTXVSeparateAVLatent", av_latent=samples)
        samples = ["parts", 0]
    inputs = {"samples": samples, "vae": draft.source("vae")}
    if kind == "sound":
        nodes["decode"] = node("VAEDecodeAudio", **inputs)
        return nodes | {"save": node("SaveAudio", audio=["decode", 0], filename_prefix="x")}
    tiles = tiles_of(draft)
    nodes["decode"] = node("VAEDecodeTiled", **inputs, **tiles) if tiles else node("VAEDecode", **inputs)
    return nodes | {"save": node("SaveImage", images=["decode", 0], filename_prefix="x")}


def tiles_of(draft: Draft) -> Json:
    """The tiles that the row's words, or the model's template, say the VAE decodes in; none of them else."""
    said = f"{draft.row.flags or ''} {draft.row.stage or ''}".lower()
    if not re.search(r"vae ?decode ?tiled|tiled vae", said):
        return dict(zip(TILES, draft.family.get("tiled", ()), strict=False))
    numbers = re.search(r"tiled\D{0,3}(\d+(?:/\d+)*)", said)
    given = [int(one) for one in numbers[1].split("/")] if numbers else []
    return dict(zip(TILES, [*given, *TILE[len(given) :]], strict=False))
