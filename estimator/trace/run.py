"""One forward of one model at one shape, under the meter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from ..costs.law import Shape
from . import autoencoders, controls, encoders, merging, samplers, upscalers
from .attention import FusedAttention
from .grid import Grid, Row
from .meter import Meter
from .models import DTYPES, Header, largest_cast

Build = Callable[[Row, Header, torch.dtype, torch.dtype, str], Any]
Call = Callable[[Any, Row, Header, Shape, str], Callable[[], Any]]

# What each operation is called on, and how.
OPERATIONS: dict[str, tuple[Build, Call]] = {
    "forward": (samplers.build, samplers.forward),
    "decode": (autoencoders.build, autoencoders.decode),
    "encode": (autoencoders.build, autoencoders.encode),
    "control": (controls.build, controls.control),
    "residuals": (controls.build, controls.residuals),
    "upscale": (upscalers.build, upscalers.upscale),
    "merge": (merging.build, merging.merge),
    "encode_text": (encoders.build, encoders.encode_text),
}


class Subject:
    """A model ready to be run at any shape of its grid. Lives inside `device.pretended`."""

    def __init__(self, grid: Grid, header: Header, dtypes: tuple[str, str], device: str) -> None:
        """`dtypes` are (storage, compute) as safetensors names them."""
        self.row, self.header, self.device = grid.row, header, device
        self.storage, self.compute = (DTYPES[name] for name in dtypes)
        self.build, self.call = OPERATIONS[grid.operation]
        self.model = self._built()
        self.cast = largest_cast(self.model, self.compute)

    def trace(self, shape: Shape) -> Meter:
        """Run one pass and return its meter. Inputs that ComfyUI has on the card before count zero."""
        call = self.call(self.model, self.row, self.header, shape, self.device)
        meter = Meter(self.device)
        with meter, FusedAttention(meter):
            kept = call()
        del kept
        if meter.live:  # the model kept what it made, so that the next pass would not show it
            self.model = self._built()
        return meter

    def _built(self) -> Any:
        """The model, new."""
        return self.build(self.row, self.header, self.storage, self.compute, self.device)
