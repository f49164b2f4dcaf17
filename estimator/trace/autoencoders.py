"""Autoencoders: one call of `encode` or `decode` of the model inside ComfyUI's `VAE`.

What goes in has the shape that the `VAE` itself says; a row's inputs `latent` and `pixels` say it where the
`VAE` does not (sound in two dimensions, point clouds). A row's other inputs are options of `decode`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import torch

from ..costs.law import Shape
from ..errors import InputError
from . import inputs
from .checkout import comfy
from .grid import Row
from .models import METADATA, Header, state_dict
from .values import Values

# What stands before an autoencoder's names: nothing, or what checkpoints put there (`vae_key_prefix` of
# ComfyUI's supported models).
PREFIXES = ("", "first_stage_model.", "vae.", "pretransform.model.")


def build(row: Row, header: Header, storage: torch.dtype, compute: torch.dtype, device: str) -> Any:
    """The `VAE` that ComfyUI makes of a header; raises `InputError` where it makes none."""
    found = of_header(header, storage)
    found.first_stage_model.to(device)
    return found


def of_header(header: Header, storage: torch.dtype, device: torch.device | None = None) -> Any:
    """The `VAE` that ComfyUI makes of a header, in RAM, with the weights of this type.

    `device`: where it is to be loaded to, RAM without. Raises `InputError` where ComfyUI makes none: it
    knows none of this kind, or not of these shapes.
    """
    device, told = device or torch.device("cpu"), header.get(METADATA)
    for prefix in PREFIXES:
        tensors = state_dict(header, "cpu", prefix)
        try:
            with Values(), fake_filters():  # some ask numbers of what they make
                found = comfy("sd").VAE(sd=tensors, device=device, dtype=storage, metadata=told)
        except (RuntimeError, LookupError) as error:  # other shapes or names; numbers asked of fakes
            raise InputError(f"ComfyUI cannot make this VAE: {str(error).splitlines()[0]}") from error
        if found.first_stage_model is not None:
            return found
    raise InputError("ComfyUI detects no VAE in this header")


@contextmanager
def fake_filters() -> Iterator[None]:
    """Inside, filters of frequencies are of their shape alone: torchaudio works them out by their values."""
    torchaudio = sys.modules.get("torchaudio")
    if torchaudio is None:  # nothing that is made needs them
        yield
        return
    made = lambda n_freqs, f_min, f_max, n_mels, *_, **__: torch.empty(n_freqs, n_mels)  # noqa: E731
    with patch.object(torchaudio.functional, "melscale_fbanks", made):
        yield


def decode(model: Any, row: Row, header: Header, shape: Shape, device: str) -> Callable[[], Any]:
    """`decode` of a latent that comes from RAM; a model that writes in pieces gets a picture in RAM."""
    inner, cells = model.first_stage_model, latent(model, row, header, shape)
    options = {name: one for name, one in row.inputs.items() if name not in ("latent", "pixels")}
    given = inputs.made(options, shape, header, "cpu")
    if getattr(inner, "comfy_has_chunked_io", False):
        given["output_buffer"] = torch.empty(inner.decode_output_shape(cells.shape), device="cpu")
    return lambda: inner.decode(cells.to(device=device, dtype=model.vae_dtype), **given)


def encode(model: Any, row: Row, header: Header, shape: Shape, device: str) -> Callable[[], Any]:
    """`encode` of the pictures or the sound that the latent stands for, from RAM."""
    inner, whole = model.first_stage_model, pixels(model, row, header, shape)
    if getattr(inner, "comfy_has_chunked_io", False):
        return lambda: inner.encode(whole.to(model.vae_dtype), device=torch.device(device))
    return lambda: inner.encode(whole.to(model.vae_dtype).to(device))


def latent(model: Any, row: Row, header: Header, shape: Shape) -> Any:
    """What is decoded, in RAM."""
    sizes = (model.latent_channels, *sides(model, shape))
    return _given(row, "latent", (shape.batch, *sizes), shape, header)


def pixels(model: Any, row: Row, header: Header, shape: Shape) -> Any:
    """What is encoded to a latent of this shape, in RAM: pictures, video or sound."""
    sizes = (model.output_channels, *upscaled(model, sides(model, shape)))
    return _given(row, "pixels", (shape.batch, *sizes), shape, header)


def sides(model: Any, shape: Shape) -> tuple[int, ...]:
    """The latent's sides, as many as the `VAE` has."""
    return (shape.frames, shape.height, shape.width)[-model.latent_dim :]


def upscaled(model: Any, latent: tuple[int, ...]) -> tuple[int, ...]:
    """The sides in pixels, frames or samples that latent sides are made of, by the `VAE`'s own ratios."""
    ratio = model.downscale_ratio
    if not isinstance(ratio, tuple):
        return tuple(round(ratio * side) for side in latent)
    frames, *flat = latent
    return (model.upscale_ratio[0](frames), *(one * side for one, side in zip(ratio[1:], flat, strict=True)))


def _given(row: Row, name: str, sizes: tuple[int, ...], shape: Shape, header: Header) -> Any:
    """What goes in, in RAM: as the row says it, or of these sizes."""
    if name in row.inputs:
        return inputs.made({name: row.inputs[name]}, shape, header, "cpu")[name]
    return torch.empty(sizes, device="cpu")
