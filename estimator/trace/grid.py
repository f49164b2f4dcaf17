"""What to trace: the rows of `data/trace_grids.toml`, typed."""

from __future__ import annotations

from itertools import product

import msgspec

from .. import facts
from ..costs.law import Shape


class Grid(msgspec.Struct, frozen=True, kw_only=True):
    """One model and operation, the points a law is fitted on and the points it is tried on.

    `dtypes` are pairs (storage, compute); `sizes` are (height, width) in latent units; `inputs` are the
    further inputs of a forward, each with its shape after the batch; `held_out` are
    (batch, frames, height, width, text).
    """

    name: str
    operation: str
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
    frames: tuple[int, ...] = (1,)
    sizes: tuple[tuple[int, int], ...] = ((1, 1),)
    text: tuple[int, ...] = (0,)
    held_out: tuple[tuple[int, int, int, int, int], ...]
    source: str

    def points(self) -> list[Shape]:
        """All combinations of the grid."""
        return [self._shape(*at) for at in product(self.batch, self.frames, self.sizes, self.text)]

    def trials(self) -> list[Shape]:
        """The points that no fit sees."""
        return [self._shape(b, t, (h, w), text) for b, t, h, w, text in self.held_out]

    def reach(self) -> list[Shape]:
        """Shapes to which the law should hold beyond the grid: its corners, four times as large."""
        small, large = min(self.sizes), max(self.sizes)
        sides = (small, large, (2 * large[0], 2 * large[1])) if large[0] > 1 else (small,)
        frames = {min(self.frames), max(self.frames), *((4 * max(self.frames),) if self.video else ())}
        text = {min(self.text), max(self.text), 4 * max(self.text)}
        return [self._shape(*at) for at in product({1, 4 * max(self.batch)}, frames, sides, text)]

    def _shape(self, batch: int, frames: int, size: tuple[int, int], text: int) -> Shape:
        return Shape(batch, self.channels, frames, *size, text)


def grids(names: tuple[str, ...] = ()) -> list[Grid]:
    """The rows with these names, or all."""
    rows = msgspec.convert(facts.table("trace_grids")["grid"], list[Grid])
    return [row for row in rows if not names or row.name in names]
