"""What to trace: the rows of `data/trace_grids/`, typed."""

from __future__ import annotations

from itertools import product
from typing import Any

import msgspec

from .. import facts
from ..costs.law import Shape


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One model, what to call, and at which points. What a row lacks it takes from the row it is `like`.

    Each operation, each group of `frames` and each pair (storage, compute) of `dtypes` has its own law.
    `of` are classes of ComfyUI's `supported_models` (or of its autoencoders) that take the same `inputs`:
    a model that no row names is traced by the row of its class. `inputs` are a forward's inputs beside the
    latent (`inputs.py` says how they read). `sizes` are (height, width) in latent units, `reference` latent
    cells of reference pictures; `held_out` are (batch, frames, height, width, text) or these and reference.
    A `template` is there to be like.
    """

    name: str
    template: bool = False
    of: tuple[str, ...] = ()
    operations: tuple[str, ...] = ("forward",)
    headers: tuple[str, ...] = ()
    encoder: str = ""
    dtypes: tuple[tuple[str, str], ...] = ()
    patch: int = 1
    inputs: dict[str, Any] = {}
    text_default: int = 0
    features: tuple[str, ...] = ()
    flops_features: tuple[str, ...] = ()
    batch: tuple[int, ...] = (1,)
    frames: tuple[tuple[int, ...], ...] = ((1,),)
    sizes: tuple[tuple[int, int], ...] = ((1, 1),)
    text: tuple[int, ...] = (0,)
    reference: tuple[int, ...] = (0,)
    held_out: tuple[tuple[int, ...], ...] = ()
    source: str = ""


class Grid(msgspec.Struct, frozen=True):
    """The points of one law: a row at one operation and one group of frames."""

    row: Row
    operation: str
    frames: tuple[int, ...]

    def points(self) -> list[Shape]:
        """The points that the fit sees: each variable alone away from its first value, and all pairs of ends.

        Enough to tell products of two variables apart; the full product would be several times as many.
        """
        axes = (self.row.batch, self.frames, self.row.sizes, self.row.text, self.row.reference)
        return [_shape(*at) for at in product(*axes) if _apart(at, axes) < 2 or _at_ends(at, axes)]

    def trials(self) -> list[Shape]:
        """The points that no fit sees, of those the ones whose frames are nearest to this group's."""
        found = [(*at, 0)[:6] for at in self.row.held_out]
        return [
            _shape(batch, frames, (height, width), text, reference)
            for batch, frames, height, width, text, reference in found
            if self.frames == min(self.row.frames, key=lambda group: _far(group, frames))
        ]

    def reach(self) -> list[Shape]:
        """Shapes beyond the grid to which its law should hold too: corners four times as large."""
        row, (small, large) = self.row, (min(self.row.sizes), max(self.row.sizes))
        sides = (small, large, (2 * large[0], 2 * large[1])) if len(row.sizes) > 1 else (small,)
        frames = {*self.frames, *((4 * self.frames[-1],) if len(self.frames) > 1 else ())}
        text = {*row.text, *((4 * max(row.text),) if len(row.text) > 1 else ())}
        references = {*row.reference, *((4 * max(row.reference),) if len(row.reference) > 1 else ())}
        return [_shape(*at) for at in product((1, 4 * max(row.batch)), frames, sides, text, references)]


def rows() -> dict[str, Row]:
    """All rows by name, each with what it takes from the one it is like."""
    raw: dict[str, dict[str, Any]] = {}
    for table in facts.names("trace_grids"):
        raw |= {row["name"]: row for row in facts.table(table)["grid"]}
    return {name: msgspec.convert(_whole(row, raw), Row) for name, row in raw.items()}


def grids(*names: str) -> list[Grid]:
    """The grids of the rows with these names, or of all but templates."""
    return [
        Grid(row, operation, frames)
        for row in rows().values()
        for operation in row.operations
        for frames in row.frames
        if (row.name in names if names else not row.template)
    ]


def _whole(row: dict[str, Any], raw: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """A row with what it takes over; `like` and being a template are not handed on."""
    own = {key: value for key, value in row.items() if key != "like"}
    if "like" not in row:
        return own
    base = _whole(raw[row["like"]], raw)
    return {**base, "template": False, "of": (), **own}


def _shape(
    batch: int, frames: int, size: tuple[int, int], text: int, reference: int = 0, channels: int = 0
) -> Shape:
    """A shape of the grid; its channels are the model's own."""
    return Shape(batch, channels, frames, *size, text, reference)


def _apart(at: tuple[Any, ...], axes: tuple[tuple[Any, ...], ...]) -> int:
    """In how many variables a point is away from their first values."""
    return sum(value != axis[0] for value, axis in zip(at, axes, strict=True))


def _at_ends(at: tuple[Any, ...], axes: tuple[tuple[Any, ...], ...]) -> bool:
    """Whether a point is at the first or last value of each variable, and away from the first in two."""
    return _apart(at, axes) == 2 and all(v in (a[0], a[-1]) for v, a in zip(at, axes, strict=True))


def _far(group: tuple[int, ...], frames: int) -> float:
    """How far, as a ratio, a number of frames lies from a group."""
    return max(group[0] / frames, frames / group[-1], 1)
