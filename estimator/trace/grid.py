"""What to trace: the rows of `data/trace_grids/`, typed."""

from __future__ import annotations

from itertools import product
from typing import Any

import msgspec

from .. import facts
from ..costs.law import Shape

# Operations of encoders that read a picture or a sound, and those on a text alone.
READS = ("encode_image", "encode_audio", "predict")
TEXTS = ("encode_text", "write_token")


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One model, what to call, and at which points. What a row lacks it takes from the row it is `like`.

    Each operation, each group of `frames` and each pair (storage, compute) of `dtypes` has its own law, and
    so has a batch of one where it is `lone`: it goes another way, as its slices need no copies.
    `of` are classes of ComfyUI's `supported_models` (or of its autoencoders) that take the same `inputs`:
    a model that no row names is traced by the row of its class. `inputs` are a forward's inputs beside the
    latent (`inputs.py` says how they read); `streams` are the latents of a model that makes several at once,
    which a sampler packs into one. `sizes` are (height, width) in latent units, `reference` latent
    cells of reference pictures; `scale` is pixels per unit of `encode_image`, `frame_patch` frames
    per patch; `held_out` are (batch, frames, height, width, text) or these and reference. `repeats` names
    lists of blocks that are all alike: a few of each are traced, which peak as all do, and FLOPs are reckoned
    for all. A `template` is there to be like. `encoder` is a text encoder's class, made with `arguments`, or
    the function that loads another encoder; `host` is the header of the model that a patch is for. Texts
    have no size, and pictures and sounds that an encoder reads have no text. Tokens are taken to choose
    evenly among `experts`. `tile` is as in `Law`. What goes in `turns` names its ways in `data/turns.toml`,
    each by its operation; a version of ComfyUI where it does not goes by the row's features.
    """

    name: str
    template: bool = False
    of: tuple[str, ...] = ()
    operations: tuple[str, ...] = ("forward",)
    headers: tuple[str, ...] = ()
    encoder: str = ""
    arguments: dict[str, Any] = {}
    host: str = ""
    dtypes: tuple[tuple[str, str], ...] = ()
    patch: int = 1
    frame_patch: int = 1
    inputs: dict[str, Any] = {}
    streams: tuple[tuple[int | str, ...], ...] = ()
    repeats: tuple[str, ...] = ()
    experts: int = 0
    text_default: int = 0
    scale: int = 1
    tile: tuple[int, int] = (0, 0)
    turns: str = ""
    features: tuple[str, ...] = ()
    flops_features: tuple[str, ...] = ()
    batch: tuple[int, ...] = (1,)
    lone: bool = False
    frames: tuple[tuple[int, ...], ...] = ((1,),)
    sizes: tuple[tuple[int, int], ...] = ((1, 1),)
    text: tuple[int, ...] = (0,)
    reference: tuple[int, ...] = (0,)
    held_out: tuple[tuple[int, ...], ...] = ()
    source: str = ""


class Grid(msgspec.Struct, frozen=True):
    """The points of one law: a row at one operation, one group of frames and one of batches."""

    row: Row
    operation: str
    frames: tuple[int, ...]
    batch: tuple[int, ...]

    @property
    def sizes(self) -> tuple[tuple[int, int], ...]:
        """The sizes that the operation is tried at."""
        return ((1, 1),) if self.operation in TEXTS else self.row.sizes

    @property
    def text(self) -> tuple[int, ...]:
        """The lengths of text that the operation is tried at."""
        return (0,) if self.operation in READS else self.row.text

    def points(self) -> list[Shape]:
        """The points that the fit sees: each variable alone away from its first value, and all pairs of ends.

        Enough to tell products of two variables apart; the full product would be several times as many.
        """
        axes = (self.batch, self.frames, self.sizes, self.text, self.row.reference)
        return [_shape(*at) for at in product(*axes) if _apart(at, axes) < 2 or _at_ends(at, axes)]

    def trials(self) -> list[Shape]:
        """The points that no fit sees, of those the ones nearest to this group in frames and in batch."""
        found = [(*at, 0)[:6] for at in self.row.held_out]
        batches = _batches(self.row)
        return [
            _shape(batch, frames, (height, width), text, reference)
            for batch, frames, height, width, text, reference in found
            if self.frames == min(self.row.frames, key=lambda group: _far(group, frames))
            if (text > 0 or self.operation != "encode_text")
            and (not text or self.operation not in READS)
            and self.batch == min(batches, key=lambda group: _far(group, batch))
        ]

    def reach(self) -> list[Shape]:
        """Shapes to which its law should hold too: corners four times as large, and texts between its own."""
        row, (small, large) = self.row, (min(self.sizes), max(self.sizes))
        sides = (small, large, (2 * large[0], 2 * large[1])) if len(self.sizes) > 1 else (small,)
        frames = {*self.frames, *((4 * self.frames[-1],) if len(self.frames) > 1 else ())}
        text = {*self.text, *((4 * max(self.text), *_between(self.text)) if len(self.text) > 1 else ())}
        references = {*row.reference, *((4 * max(row.reference),) if len(row.reference) > 1 else ())}
        batches = {min(self.batch), (4 if len(self.batch) > 1 else 1) * max(self.batch)}
        return [_shape(*at) for at in product(batches, frames, sides, text, references)]


def rows() -> dict[str, Row]:
    """All rows by name, each with what it takes from the one it is like."""
    raw: dict[str, dict[str, Any]] = {}
    for table in facts.names("trace_grids"):
        raw |= {row["name"]: row for row in facts.table(table)["grid"]}
    return {name: msgspec.convert(_whole(row, raw), Row) for name, row in raw.items()}


def grids(*names: str) -> list[Grid]:
    """The grids of the rows with these names, or of all but templates."""
    found = [row for row in rows().values() if (row.name in names if names else not row.template)]
    return [grid for row in found for grid in of_row(row)]


def of_row(row: Row) -> list[Grid]:
    """The grids of one row, each of which has a law of its own."""
    parts = product(row.operations, row.frames, _batches(row))
    return [Grid(row, operation, frames, batch) for operation, frames, batch in parts]


def _batches(row: Row) -> list[tuple[int, ...]]:
    """The groups of batches that have laws of their own."""
    more = tuple(batch for batch in row.batch if batch > 1)
    return [(1,), more] if row.lone else [row.batch]


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


def _between(values: tuple[int, ...]) -> list[int]:
    """Three steps between each value and the next: another program point may be the highest there."""
    pairs = zip(sorted(values), sorted(values)[1:], strict=False)
    return [round(low * (high / low) ** (step / 4)) for low, high in pairs if low for step in (1, 2, 3)]


def _far(group: tuple[int, ...], frames: int) -> float:
    """How far, as a ratio, a number of frames lies from a group."""
    return max(group[0] / frames, frames / group[-1], 1)
