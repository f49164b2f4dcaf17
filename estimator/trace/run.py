"""One forward of one model at one shape, under the meter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from ..costs.law import Shape
from .attention import FusedAttention
from .grid import Grid
from .meter import Meter
from .models import DTYPES, Header, largest_cast, sampler, text_encoder, vae


class Subject:
    """A model ready to be run at any shape of its grid. Lives inside `device.pretended`."""

    def __init__(self, grid: Grid, header: Header, dtypes: tuple[str, str], device: str) -> None:
        """`dtypes` are (storage, compute) as safetensors names them."""
        self.row, self.device = grid.row, device
        storage, self.compute = (DTYPES[name] for name in dtypes)
        self.run = _RUNS[grid.operation]
        if grid.operation == "forward":
            self.model = sampler(header, storage, self.compute, device)
        elif grid.operation == "encode_text":
            self.model = text_encoder(grid.row.encoder, storage, device)
        else:
            self.model = vae(header, storage, device)
        self.cast = largest_cast(self.model, self.compute)

    def trace(self, shape: Shape) -> Meter:
        """Run one pass and return its meter. Inputs that ComfyUI has on the card before count zero."""
        call = self.run(self, shape)
        meter = Meter(self.device)
        with meter, FusedAttention(meter):
            kept = call()
        del kept
        return meter

    def empty(self, *shape: int, device: str = "") -> torch.Tensor:
        """A float32 tensor: what ComfyUI's latents, conditionings and images are."""
        return torch.empty(shape, device=device or self.device)


def _forward(subject: Subject, shape: Shape) -> Callable[[], Any]:
    """`BaseModel.apply_model` on float32 latents and conditionings, as the sampler calls it."""
    row, batch = subject.row, shape.batch
    space = (shape.frames, shape.height, shape.width) if row.video else (shape.height, shape.width)
    inputs = {name: subject.empty(batch, *rest) for name, rest in row.inputs.items()}
    inputs["c_crossattn"] = subject.empty(batch, shape.text_tokens, row.text_width)
    if row.concat:
        inputs["c_concat"] = subject.empty(batch, row.concat, *space)
    latent, sigma = subject.empty(batch, row.channels, *space), subject.empty(batch)
    return lambda: subject.model.apply_model(latent, sigma, **inputs)


def _decode(subject: Subject, shape: Shape) -> Callable[[], Any]:
    """`first_stage_model.decode` of a latent that comes from RAM."""
    space = (shape.frames, shape.height, shape.width) if subject.row.video else (shape.height, shape.width)
    latent = subject.empty(shape.batch, subject.row.channels, *space, device="cpu")
    return lambda: subject.model.decode(latent.to(subject.device, subject.compute))


def _encode(subject: Subject, shape: Shape) -> Callable[[], Any]:
    """`first_stage_model.encode` of the images that the latent stands for, from RAM."""
    row = subject.row
    sides = (shape.height * row.scale, shape.width * row.scale)
    frames = (row.frame_scale * (shape.frames - 1) + 1,) if row.video else ()
    pixels = subject.empty(shape.batch, 3, *frames, *sides, device="cpu")
    return lambda: subject.model.encode(pixels.to(subject.compute).to(subject.device))


def _encode_text(subject: Subject, shape: Shape) -> Callable[[], Any]:
    """`SDClipModel.encode` of `batch` prompts (or parts of one) of `text_tokens` ids each."""
    tokens = [[1000] * shape.text_tokens for _ in range(shape.batch)]
    return lambda: subject.model.encode(tokens)


_RUNS: dict[str, Callable[[Subject, Shape], Callable[[], Any]]] = {
    "forward": _forward,
    "decode": _decode,
    "encode": _encode,
    "encode_text": _encode_text,
}
