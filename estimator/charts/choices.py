"""The files that a family's model is published in, the best first."""

from __future__ import annotations

from functools import cache

import msgspec

from ..advice.case import Case
from ..advice.ladder import Rung, format_of, rungs
from ..models.editions import own_name, precision
from ..models.library import Library
from ..workflow import Loaded
from .machines import reference, settings
from .usual import Family, usual

MODEL, SECOND = "model", "second"
SIXTEEN = 16.0
KNOWN: dict[str, tuple[Choice, ...]] = {}


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


def nowhere(folder: str, name: str) -> None:
    """No file is on disk: published ones stand for them."""


@cache
def library() -> Library:
    """Published files alone."""
    return Library(nowhere)


def choices(family: Family) -> tuple[Choice, ...]:
    """Its usable files, the best quality first and then the smallest: no worse than the least in the data."""
    if family.id not in KNOWN:
        KNOWN[family.id] = found(family)
    return KNOWN[family.id]


def found(family: Family) -> tuple[Choice, ...]:
    """The same, looked up."""
    case = Case(usual(family), reference(), library())
    loaded = {one.node: one for one in case.loaded.values() if one.role == "diffusion_model"}
    firsts = files(case, loaded[MODEL], family.also)
    seconds: dict[str, tuple[str, str, int]] = {}
    if SECOND in loaded:
        seconds = {one[1]: one for one in files(case, loaded[SECOND], family.second_also)}
    whole = [
        made(file, format, size, seconds.get(format))
        for file, format, size in firsts
        if not seconds or format in seconds
    ]
    least = settings()["points"]["worst_rank"]
    usable = sorted((one for one in whole if one.rank <= least), key=lambda one: (one.rank, one.bytes))
    return tuple(one for at, one in enumerate(usable) if smaller(one, usable[:at]))


def smaller(one: Choice, better: list[Choice]) -> bool:
    """Whether a file is worth its loss: smaller than all better ones that stream as it does."""
    alike = [other.bytes for other in better if other.gguf == one.gguf]
    return not alike or one.bytes < settings()["points"]["smaller"] * min(alike)


def files(case: Case, loaded: Loaded, also: tuple[str, ...]) -> list[tuple[str, str, int]]:
    """File, format and bytes of weights: of the loaded one, of those in its ladder, and of others named."""
    assert loaded.component is not None
    rows = [(loaded.file, format_of(loaded.component, loaded.file))]
    rows += [(one.file, one.format) for one in rungs(case, loaded) if one.pure and plain(loaded, one)]
    named = ((name, weights(case, loaded, name)) for name in also)
    rows += [(name, format_of(one.component, name)) for name, one in named if one.component]
    return [
        (file, format, size) for file, format in dict(rows).items() if (size := bytes_of(case, loaded, file))
    ]


def plain(loaded: Loaded, one: Rung) -> bool:
    """Whether a file takes the place of another with no change but of its own loader."""
    return one.folder == loaded.folder


def weights(case: Case, loaded: Loaded, file: str) -> Loaded:
    """The same load of another file."""
    held = case.library.open(loaded.folder, own_name(file)).components
    same = [one for one in held if one.role == loaded.role]
    return msgspec.structs.replace(loaded, file=file, component=same[0] if same else None)


def bytes_of(case: Case, loaded: Loaded, file: str) -> int:
    """Bytes of weights of one file; 0 where its header is not known."""
    held = weights(case, loaded, file).component
    return held.file_bytes if held else 0


def made(file: str, format: str, size: int, second: tuple[str, str, int] | None) -> Choice:
    """A choice with what its precision's row says."""
    row = precision(format)
    return Choice(
        file=file,
        second=second[0] if second else "",
        format=format,
        label=row["label"],
        rank=row["quality_rank"],
        bytes=size + (second[2] if second else 0),
        bits=row["bits"],
        min_capability=row.get("native_min_cc", 0),
    )
