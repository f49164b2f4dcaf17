"""The files that a family's model is published in, the best first."""

from __future__ import annotations

from functools import cache

import msgspec

from ..advice.case import Case
from ..advice.ladder import format_of, rungs
from ..models.editions import precision
from ..models.library import Library
from ..workflow import Loaded
from .machines import reference, settings
from .usual import Family, family, usual

MODEL, SECOND = "model", "second"
SIXTEEN = 16.0


class Choice(msgspec.Struct, frozen=True):
    """A file that holds a family's model; `second`: its other expert's in the same precision.

    `format`: a key of `data/precisions.toml`, `label` and `rank` its name and quality there; `bytes`: of its
    weights, both experts'; `bits`: of a weight. `min_capability`: from which compute capability on an NVIDIA
    card computes in it.
    """

    file: str
    second: str
    format: str
    label: str
    rank: int
    bytes: int
    bits: float
    min_capability: float = 0

    @property
    def light(self) -> bool:
        """Whether it is stored in fewer than 16 bits."""
        return self.bits < SIXTEEN

    @property
    def gguf(self) -> bool:
        """Whether its loader is a pack's, which the legacy manager serves."""
        return self.file.endswith(".gguf")


class Held(msgspec.Struct, frozen=True):
    """One file of one model: its format, and bytes of its weights."""

    file: str
    format: str
    bytes: int


def nowhere(folder: str, name: str) -> None:
    """No file is on disk: published ones stand for them."""


@cache
def library() -> Library:
    """Published files alone."""
    return Library(nowhere)


def choices(own: Family) -> tuple[Choice, ...]:
    """Its usable files, the best quality first and then the smallest: no worse than the least in the data."""
    return choices_of(own.id)


@cache
def choices_of(name: str) -> tuple[Choice, ...]:
    """The same, by a family's id."""
    least = settings()["points"]["worst_rank"]
    usable = [one for one in whole(family(name)) if one.rank <= least]
    kept: list[Choice] = []
    for one in sorted(usable, key=lambda one: (one.rank, one.bytes)):
        kept += [one] if smaller(one, kept) else []
    return tuple(kept)


def whole(own: Family) -> list[Choice]:
    """All of its files that are published; of two experts those that both are in."""
    case = Case(usual(own), reference(), library())
    models = {one.node: one for one in case.loaded.values() if one.role == "diffusion_model"}
    firsts, seconds = held(case, models[MODEL]), {}
    if SECOND in models:
        seconds = {one.format: one for one in held(case, models[SECOND])}
        firsts = [one for one in firsts if one.format in seconds]
    return [made(one, seconds.get(one.format)) for one in firsts]


def smaller(one: Choice, better: list[Choice]) -> bool:
    """Whether a file is worth its loss: smaller than all better ones that stream as it does."""
    alike = [other.bytes for other in better if other.gguf == one.gguf]
    return not alike or one.bytes < settings()["points"]["smaller"] * min(alike)


def held(case: Case, loaded: Loaded) -> list[Held]:
    """The files of a loaded model: its own, and those that are the same in another precision.

    Not those that want other loaders beside: a checkpoint brings encoder and VAE along.
    """
    assert loaded.component is not None
    found = {loaded.file: format_of(loaded.component, loaded.file)}
    found |= {one.file: one.format for one in rungs(case, loaded) if one.pure and one.folder == loaded.folder}
    return [Held(name, format, weights(case, loaded, name)) for name, format in found.items()]


def weights(case: Case, loaded: Loaded, file: str) -> int:
    """Bytes of the same model's weights in another file."""
    same = [one for one in case.library.open(loaded.folder, file).components if one.role == loaded.role]
    return sum(one.file_bytes for one in same)


def made(one: Held, second: Held | None) -> Choice:
    """A choice with what its precision's row says."""
    row = precision(one.format)
    return Choice(
        file=one.file,
        second=second.file if second else "",
        format=one.format,
        label=row["label"],
        rank=row["quality_rank"],
        bytes=one.bytes + (second.bytes if second else 0),
        bits=row["bits"],
        min_capability=row.get("native_min_cc", 0),
    )
