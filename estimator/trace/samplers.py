"""Diffusion models: one call of `apply_model`, as ComfyUI's sampler makes it."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import msgspec
import torch
from torch._subclasses.fake_tensor import DataDependentOutputException

from ..costs.law import Shape
from ..errors import InputError
from . import inputs
from .checkout import comfy
from .choices import Alike
from .grid import Row
from .models import METADATA, Header, state_dict
from .values import Values


def build(row: Row, header: Header, storage: torch.dtype, compute: torch.dtype, device: str) -> Any:
    """ComfyUI's `BaseModel` of a header; the row is not asked, ComfyUI detects what it is."""
    return of_header(header, storage, compute, device)


def of_header(header: Header, storage: torch.dtype, compute: torch.dtype, device: str) -> Any:
    """ComfyUI's `BaseModel` for a diffusion model's or a checkpoint's header, detected by ComfyUI itself.

    Raises `InputError` where it detects none.
    """
    config, _ = detected(header, device)
    config.set_inference_dtype(storage, compute if compute != storage else None)
    with Values():
        try:
            return config.get_model(state_dict(header, device), prefix(header), device=device)
        except DataDependentOutputException:  # it asks a weight how to sample, and fake ones have no values
            return config.get_model({}, "", device=device)


def detected(header: Header, device: str) -> tuple[Any, dict[str, Any]]:
    """What ComfyUI takes the header for, and its diffusion model's tensors."""
    detection = comfy("model_detection")
    tensors = state_dict(header, device, prefix(header)) or state_dict(header, device)
    config = detection.model_config_from_unet(tensors, "", metadata=header.get(METADATA))
    if config is None:
        raise InputError("ComfyUI detects no diffusion model in this header")
    return config, tensors


def prefix(header: Header) -> str:
    """What stands before the names of the diffusion model's tensors."""
    found: str = comfy("model_detection").unet_prefix_from_state_dict(dict.fromkeys(header))
    return found if any(name.startswith(found) for name in header) else ""


def own(header: Header) -> dict[str, Any]:
    """The diffusion model's part of a header, without the prefix."""
    start = prefix(header)
    return {name[len(start) :]: kept for name, kept in header.items() if name.startswith(start)}


def forward(
    model: Any, row: Row, header: Header, shape: Shape, device: str, **options: Any
) -> Callable[[], Any]:
    """`apply_model` on float32 latents and conditionings. `options` go to it as they are."""
    shape, given = inputs_of(model, row, header, shape, device)
    latent, sigma = given.pop("x"), torch.empty(shape.batch, device=device)

    def call() -> Any:
        with Values():
            return model.apply_model(latent, sigma, **given, **options)

    return call


def inputs_of(
    model: Any, row: Row, header: Header, shape: Shape, device: str
) -> tuple[Shape, dict[str, Any]]:
    """The shape in the model's own channels, and a forward's inputs with the latent as `x`.

    A row whose latent is packed names it itself.
    """
    latent_format = model.latent_format
    shape = _with_channels(shape, latent_format.latent_channels)
    sides = (shape.frames, shape.height, shape.width)[-latent_format.latent_dimensions :]
    latent = torch.empty(shape.batch, shape.channels, *sides, device=device)
    given = inputs.made(row.inputs, shape, own(header), device)
    if row.streams:
        streams = [[inputs.size(side, shape, header) for side in one] for one in row.streams]
        latent = torch.empty(shape.batch, 1, sum(prod(one[1:]) for one in streams), device=device)
        given["latent_shapes"] = streams
    return shape, {"x": latent, **given}


def forward_masked(model: Any, row: Row, header: Header, shape: Shape, device: str) -> Callable[[], Any]:
    """`apply_model` where the latent carries a noise mask, which gives tokens time steps of their own.

    The mask is of whole frames, as of a start picture: it is the same all over a frame.
    """
    sides = ["batch", "channels", "frames", "height", "width"]
    masked = msgspec.structs.replace(row, inputs={**row.inputs, "denoise_mask": sides})
    call = forward(model, masked, header, shape, device)

    def within() -> Any:
        with Alike():
            return call()

    return within


def _with_channels(shape: Shape, channels: int) -> Shape:
    """The shape with the model's channels."""
    return Shape(
        shape.batch,
        channels,
        shape.frames,
        shape.height,
        shape.width,
        shape.text_tokens,
        shape.reference,
    )
