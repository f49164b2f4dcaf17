"""Autoencoders: one call of `encode` or `decode` of the model inside ComfyUI's `VAE`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from ..costs.law import Shape
from ..errors import InputError
from .checkout import comfy
from .grid import Row
from .models import Header, state_dict


def build(row: Row, header: Header, storage: torch.dtype, compute: torch.dtype, device: str) -> Any:
    """The `VAE` that ComfyUI makes of a header; raises `InputError` where it makes none."""
    found = comfy("sd").VAE(sd=state_dict(header, "cpu"), device=torch.device("cpu"), dtype=storage)
    if found.first_stage_model is None:
        raise InputError("ComfyUI detects no VAE in this header")
    found.first_stage_model.to(device)
    return found


def decode(model: Any, row: Row, header: Header, shape: Shape, device: str) -> Callable[[], Any]:
    """`decode` of a latent that comes from RAM."""
    sides = (shape.frames, shape.height, shape.width)[-model.latent_dim :]
    latent = torch.empty(shape.batch, model.latent_channels, *sides, device="cpu")
    return lambda: model.first_stage_model.decode(latent.to(device, model.vae_dtype))


def encode(model: Any, row: Row, header: Header, shape: Shape, device: str) -> Callable[[], Any]:
    """`encode` of the pictures that the latent stands for, from RAM."""
    frames = row.frame_scale * (shape.frames - 1) + 1
    sides = (frames, shape.height * row.scale, shape.width * row.scale)[-model.latent_dim :]
    pixels = torch.empty(shape.batch, 3, *sides, device="cpu")
    return lambda: model.first_stage_model.encode(pixels.to(model.vae_dtype).to(device))
