"""One forward of one model at one shape, under the meter."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import torch

from ..costs.law import Shape
from . import (
    autoencoders,
    controls,
    encoders,
    merging,
    patches,
    samplers,
    training,
    upscalers,
    video,
    vision,
    writers,
)
from .attention import FusedAttention
from .choices import EvenChoice
from .grid import Grid, Row
from .meter import Meter
from .models import DTYPES, Header, largest_cast

Build = Callable[[Row, Header, torch.dtype, torch.dtype, str], Any]
Call = Callable[[Any, Row, Header, Shape, str], Callable[[], Any]]

# A first block, one between others and a last one: what is live in any block is live in one of these.
BLOCKS = 3

# What each operation is called on, and how.
OPERATIONS: dict[str, tuple[Build, Call]] = {
    "forward": (samplers.build, samplers.forward),
    "forward_masked": (samplers.build, samplers.forward_masked),
    "decode": (autoencoders.build, autoencoders.decode),
    "encode": (autoencoders.build, autoencoders.encode),
    "control": (controls.build, controls.control),
    "residuals": (controls.build, controls.residuals),
    "upscale": (upscalers.build, upscalers.upscale),
    "upscale_latent": (video.build_upscaler, video.upscale_latent),
    "interpolate": (video.build_interpolator, video.interpolate),
    "merge": (merging.build, merging.merge),
    "encode_text": (encoders.build, encoders.encode_text),
    "encode_image": (encoders.build, encoders.encode_image),
    "encode_audio": (encoders.build, encoders.encode_audio),
    "predict": (vision.build, vision.predict),
    "patched": (patches.build, patches.patched),
    "prefill": (encoders.build, writers.prefill),
    "write_token": (encoders.build, writers.write_token),
    "train": (training.build, training.step),
    "train_depth_1": (partial(training.build, depth=1), training.step),
    "train_depth_2": (partial(training.build, depth=2), training.step),
    "train_depth_3": (partial(training.build, depth=3), training.step),
    "train_bypass": (partial(training.build, bypass=True), training.step),
    "train_bypass_depth_2": (partial(training.build, bypass=True, depth=2), training.step),
}


def shortened(header: Header, repeats: tuple[str, ...]) -> list[tuple[Header, int]]:
    """The header with `BLOCKS` blocks of each list in `repeats`, then for each list the same with one less.

    Beside each, how many blocks of the list are left out. The header alone where none is longer.
    """
    lists = [numbered(header, blocks) for blocks in repeats]
    long = [found for found in lists if max(found.values(), default=0) >= BLOCKS]
    base = {n: kept for n, kept in header.items() if all(found.get(n, 0) < BLOCKS for found in long)}
    less = [{n: kept for n, kept in base.items() if found.get(n, 0) < BLOCKS - 1} for found in long]
    return [(base, 0), *zip(less, (max(found.values()) + 1 - BLOCKS for found in long), strict=True)]


def numbered(header: Header, blocks: str) -> dict[str, int]:
    """The number of the block that each tensor is in, of those in the list `blocks`."""
    block = re.compile(rf"(?:^|\.){re.escape(blocks)}\.(\d+)\.")
    return {name: int(at[1]) for name in header if (at := block.search(name))}


class Subject:
    """A model ready to be run at any shape of its grid. Lives inside `device.pretended`."""

    def __init__(self, grid: Grid, header: Header, dtypes: tuple[str, str], device: str) -> None:
        """`dtypes` are (storage, compute) as safetensors names them."""
        self.row, self.header, self.device = grid.row, header, device
        self.storage, self.compute = (DTYPES[name] for name in dtypes)
        self.build, self.call = OPERATIONS[grid.operation]
        self.cut = shortened(header, grid.row.repeats)
        self.models = [self._built(one) for one, _ in self.cut]
        self.cast = largest_cast(self.models[0], self.compute)

    def trace(self, shape: Shape) -> Meter:
        """Run one pass and return its meter. Inputs that ComfyUI has on the card before count zero."""
        meter, *fewer = [self._run(at, shape) for at in range(len(self.models))]
        rest = zip(fewer, self.cut[1:], strict=True)
        meter.flops += sum(more * (meter.flops - less.flops) for less, (_, more) in rest)
        return meter

    def _run(self, at: int, shape: Shape) -> Meter:
        """One pass of one model."""
        call = self.call(self.models[at], self.row, self.header, shape, self.device)
        meter = Meter(self.device)
        with meter, FusedAttention(meter), EvenChoice(self.row.experts):
            kept = call()
        del kept
        if meter.live:  # the model kept what it made, so that the next pass would not show it
            self.models[at] = self._built(self.cut[at][0])
        return meter

    def _built(self, header: Header) -> Any:
        """A model, new."""
        return self.build(self.row, header, self.storage, self.compute, self.device)
