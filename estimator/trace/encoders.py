"""Encoders: one call of `encode` of ComfyUI's `SDClipModel` kin, of its vision tower, or of a vision or audio
encoder that stands alone."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import torch

from ..costs.law import Shape
from ..errors import InputError
from .checkout import comfy
from .grid import Row
from .indices import RealIndices
from .models import Header, state_dict

# Any token that is no special one.
TOKEN = 1000


def build(row: Row, header: Header, storage: torch.dtype, compute: torch.dtype, device: str) -> Any:
    """What the row names, weights held as `storage`: a class ("comfy.sdxl_clip:SDXLClipG"), or the function
    by which ComfyUI loads a header's state dict."""
    comfy("sd")  # imports what loaders of encoders take for imported
    made = named(row.encoder)
    arguments = {name: named(value) for name, value in row.arguments.items()}
    if isinstance(made, type):
        return made(device=device, dtype=storage, **arguments)
    if arguments:  # a function that gives the class of a size
        return made(**arguments)(device=device, dtype=storage)
    found = made(state_dict(header, "cpu"))
    # ComfyUI's own types are kept: 16 bits, and 32 where a layer is no castable one.
    found.model.to(device=device, dtype=storage if storage == compute else None)
    found.load_device = torch.device(device)
    return found


def encode_text(model: Any, row: Row, header: Header, shape: Shape, device: str) -> Callable[[], Any]:
    """`encode` of `batch` prompts (or parts of one) of `text_tokens` ids each."""
    tokens = [[TOKEN] * shape.text_tokens for _ in range(shape.batch)]
    for part in model.modules():
        if hasattr(part, "_seq_len_cached"):  # made anew, as for the first text
            part._seq_len_cached = 0
    return lambda: model.encode(tokens)


def encode_image(model: Any, row: Row, header: Header, shape: Shape, device: str) -> Callable[[], Any]:
    """Pictures from RAM, in units of the row's scale: by the encoder, or by a text encoder's vision tower."""
    sides = (shape.height * row.scale, shape.width * row.scale)
    picture = torch.empty(shape.batch, *sides, 3, device="cpu")
    if not hasattr(model, "transformer"):
        return lambda: loaded(model.encode_image, picture)

    def see() -> Any:
        with RealIndices():
            return model.transformer.preprocess_embed({"type": "image", "data": picture}, device)

    return see


def encode_audio(model: Any, row: Row, header: Header, shape: Shape, device: str) -> Callable[[], Any]:
    """Mono sound of `width` samples at the encoder's own rate, from RAM."""
    sound = torch.empty(shape.batch, 1, shape.width, device="cpu")
    return lambda: loaded(model.encode_audio, sound, model.model_sample_rate)


def named(value: Any) -> Any:
    """What a text such as "comfy.sdxl_clip:SDXLClipG" names; any other value as it is.

    Raises `InputError` where this version of ComfyUI has it not.
    """
    if not isinstance(value, str) or ":" not in value:
        return value
    module, name = value.split(":")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError):
        raise InputError(f"this ComfyUI has no `{value}`") from None


def loaded(encode: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """A call of an encoder that is on the card already."""
    with patch.object(comfy("model_management"), "load_model_gpu", lambda *_: None):
        return encode(*args, **kwargs)
