"""ComfyUI's own patchers of fake models: what its memory manager moves between the card and RAM.

Each is made by ComfyUI's own loader of its kind, for a pretended card; LoRAs are read by ComfyUI's own code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from unittest.mock import patch

import msgspec
import torch

from . import autoencoders, samplers
from .checkout import comfy
from .models import DTYPES, METADATA, Header, of_slug, state_dict
from .values import Values

CARD = torch.device("cuda:0")
RAM = torch.device("cpu")


class Part(msgspec.Struct, frozen=True):
    """A model to load: the files of data/headers/ that it is made of, in its types.

    `type`: for a text encoder, what its loader is told that it is for.
    """

    role: str
    headers: tuple[str, ...]
    storage: str
    compute: str
    type: str = ""


def patcher(part: Part) -> Any:
    """ComfyUI's patcher of a model, all of it where its loader puts it: in RAM, unless a flag keeps it."""
    found = MAKERS[part.role](part, [of_slug(slug) for slug in part.headers])
    found.model.to(found.offload_device)
    return found


def diffusion_model(part: Part, headers: list[Header]) -> Any:
    """As a diffusion model's loader makes it; the caller says the types."""
    model = samplers.of_header(headers[0], DTYPES[part.storage], DTYPES[part.compute], "cpu")
    return comfy("model_patcher").ModelPatcher(
        model, load_device=CARD, offload_device=comfy("model_management").unet_offload_device()
    )


def text_encoder(part: Part, headers: list[Header]) -> Any:
    """All encoders of a `CLIPLoader` and its kin: one patcher."""
    sd = comfy("sd")
    options = {"load_device": CARD, "initial_device": RAM, "dtype": DTYPES[part.storage]}
    with Values(), patch.object(sd.CLIP, "__init__", without_tokenizer(sd.CLIP.__init__)):
        made = sd.load_text_encoder_state_dicts(
            [{k: v for k, v in state_dict(one, "cpu").items()} for one in headers],
            clip_type=getattr(sd.CLIPType, part.type.upper() or "STABLE_DIFFUSION"),
            model_options=options,
        )
    return made.patcher


def without_tokenizer(make: Callable[..., None]) -> Callable[..., None]:
    """`CLIP.__init__` that reads no vocabulary: nothing is encoded here."""

    def made(self: Any, target: Any = None, *args: Any, **kwargs: Any) -> None:
        if target is not None:
            target.tokenizer = lambda **_: None
        make(self, target, *args, **kwargs)

    return made


def vae(part: Part, headers: list[Header]) -> Any:
    """As ComfyUI's `VAE` makes it."""
    return autoencoders.of_header(headers[0], DTYPES[part.storage], CARD).patcher


def controlnet(part: Part, headers: list[Header]) -> Any:
    """The patcher inside of ComfyUI's control."""
    dtype = DTYPES[part.storage]
    tensors = {name: value.to(dtype) for name, value in state_dict(headers[0], "cpu").items()}
    found = comfy("controlnet").load_controlnet_state_dict(tensors, model_options={"dtype": dtype})
    return found.control_model_wrapped


def clip_vision(part: Part, headers: list[Header]) -> Any:
    """As ComfyUI's loader of vision encoders makes it."""
    return comfy("clip_vision").load_clipvision_from_sd(state_dict(headers[0], "cpu")).patcher


MAKERS: dict[str, Callable[[Part, list[Header]], Any]] = {
    "diffusion_model": diffusion_model,
    "text_encoder": text_encoder,
    "vae": vae,
    "controlnet": controlnet,
    "clip_vision": clip_vision,
}


def with_lora(patcher: Any, lora: Mapping[str, Any], text: bool = False) -> Any:
    """The patcher as `LoraLoader` hands it on: a clone with the patches that ComfyUI finds in the file.

    `text`: it is a text encoder's.
    """
    reader = comfy("lora")
    keys = reader.model_lora_keys_clip if text else reader.model_lora_keys_unet
    tensors = state_dict({name: one for name, one in lora.items() if name != METADATA}, "cpu")
    convert = getattr(comfy("lora_convert"), "convert_lora", lambda found: found)
    with Values():
        patches = reader.load_lora(convert(tensors), keys(patcher.model, {}), log_missing=False)
    found = patcher.clone()
    found.add_patches(patches, 1.0)
    return found


def lora_names(patcher: Any, text: bool = False) -> dict[str, str]:
    """The names of layers that ComfyUI takes in a LoRA for a model, and the weight of it that each one means.

    Names that mean no weight of this model are left out; `text`: it is a text encoder's.
    """
    reader, weights = comfy("lora"), patcher.model.state_dict()
    keys = (reader.model_lora_keys_clip if text else reader.model_lora_keys_unet)(patcher.model, {})
    whole = {name: key if isinstance(key, str) else key[0] for name, key in keys.items()}
    start = ".transformer." if text else "diffusion_model."
    return {
        name: key.split(start, 1)[-1]
        for name, key in whole.items()
        if key in weights and not name.endswith((".weight", ".bias"))
    }
