"""What to trace: the rows of `data/trace_grids.toml`, typed."""

from __future__ import annotations

from itertools import product

import msgspec

from .. import facts
from ..costs.law import Shape


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One model, what to call, and at which points.

    Each operation, each group of `frames` and each pair (storage, compute) of `dtypes` has its own law.
    `sizes` are (height, width) in latent units; `inputs` are a forward's further inputs, each with its shape
    after the batch; `concat` are channels joined to the latent; `scale` and `frame_scale` are pixels per
    latent unit; `held_out` are (batch, frames, height, width, text).
    """

    name: str
    operations: tuple[str, ...]
    headers: tuple[str, ...] = ()
    encoder: str = ""
    dtypes: tuple[tuple[str, str], ...]
    channels: int = 0
    patch: int = 1
    video: bool = False
    inputs: dict[str, tuple[int, ...]] = {}
    text_width: int = 0
    text_default: int = 0
    concat: int = 0
    scale: int = 8
    frame_scale: int = 1
    features: tuple[str, ...]
    flops_features: tuple[str, ...]
    batch: tuple[int, ...] = (1,)
    frames: tuple[tuple[int, ...], ...] = ((1,),)
    sizes: tuple[tuple[int, int], ...] = ((1, 1),)
    text: tuple[int, ...] = (0,)
    held_out: tuple[tuple[int, int, int, int, int], ...]
    source: str


class Grid(msgspec.Struct, frozen=True):
    """The points of one law: a row at one operation and one group of frames."""

    row: Row
    operation: str
    frames: tuple[int, ...]

    def points(self) -> list[Shape]:
        """All combinations of the grid; the fit sees these."""
        row = self.row
        return [self._shape(*at) for at in product(row.batch, self.frames, row.sizes, row.text)]

    def trials(self) -> list[Shape]:
        """The points that no fit sees, of those the ones whose frames are nearest to this group's."""
        return [
            self._shape(batch, frames, (height, width), text)
            for batch, frames, height, width, text in self.row.held_out
            if self.frames == min(self.row.frames, key=lambda group: _far(group, frames))
        ]

    def reach(self) -> list[Shape]:
        """Shapes beyond the grid to which its law should hold too: corners four times as large."""
        row, (small, large) = self.row, (min(self.row.sizes), max(self.row.sizes))
        sides = (small, large, (2 * large[0], 2 * large[1])) if len(row.sizes) > 1 else (small,)
        frames = {*self.frames, *((4 * self.frames[-1],) if len(self.frames) > 1 else ())}
        text = {*row.text, *((4 * max(row.text),) if len(row.text) > 1 else ())}
        return [self._shape(*at) for at in product((1, 4 * max(row.batch)), frames, sides, text)]

    def _shape(self, batch: int, frames: int, size: tuple[int, int], text: int) -> Shape:
        return Shape(batch, self.row.channels, frames, *size, text)


def grids(*names: str) -> list[Grid]:
    """The grids of the rows with these names, or of all."""
    rows = msgspec.convert(facts.table("trace_grids")["grid"], list[Row])
    return [
        Grid(row, operation, frames)
        for row in rows
        for operation in row.operations
        for frames in row.frames
        if not names or row.name in names
    ]


def _far(group: tuple[int, ...], frames: int) -> float:
    """How far, as a ratio, a number of frames lies from a group."""
    return max(group[0] / frames, frames / group[-1], 1)
