"""Chart 1: how much VRAM each family needs, from `data/charts/points.json`, which tools/unlocks.py writes."""

from __future__ import annotations

from functools import cache

import msgspec

from .. import facts
from ..runtime import Machine
from .choices import Choice, choices
from .machines import reference, settings
from .points import Points, points
from .usual import Family, Kind, families


class Found(Choice, frozen=True, kw_only=True):
    """A file with its points, by GiB of RAM."""

    points: dict[str, Points]


class Statement(msgspec.Struct, frozen=True):
    """What somebody else says that a family needs, GB; `kind`: `published` or `measured`.

    `means`: `minimum`, `optimum`, or a value of its own `config` alone.
    """

    family: str
    vram_gb: float
    config: str
    kind: str
    source: str
    means: str = ""


class Row(msgspec.Struct, frozen=True):
    """A family on the chart: its usable files, the best first, and what others say of it."""

    id: str
    name: str
    kind: Kind
    size: str
    article: bool
    files: tuple[Found, ...]
    said: tuple[Statement, ...] = ()


class Mark(msgspec.Struct, frozen=True):
    """A point of a row: so many GiB, with this file."""

    gib: float
    label: str


class Needs(msgspec.Struct, frozen=True):
    """A row's points with one amount of RAM; None where no file or no card is enough.

    `runs`, `minimum`: the least with which any usable file runs, and runs well; `optimum`: from where its
    16-bit file, or the best there is, runs at full speed, `optimum8`: its 8-bit one; `whole`, `whole8`,
    `whole4`: from where all of such a file stays in VRAM.
    """

    runs: Mark | None
    minimum: Mark | None
    optimum: Mark | None
    optimum8: Mark | None
    whole: Mark | None
    whole8: Mark | None
    whole4: Mark | None


@cache
def rows() -> tuple[Row, ...]:
    """The chart, in the order of `data/charts/families.toml`."""
    known = facts.table("charts/points")["files"]
    said = msgspec.convert(facts.table("charts/published")["statement"], list[Statement])
    return tuple(
        Row(
            one.id,
            one.name,
            one.kind,
            one.size,
            one.article,
            msgspec.convert(known[one.id], tuple[Found, ...]),
            tuple(other for other in said if other.family == (one.published or one.id)),
        )
        for one in families()
    )


def needs(row: Row, ram: float = 0) -> Needs:
    """What a family needs with so much RAM: by the points for the most that is no more, or the least."""
    key = nearest(ram)
    best = row.files[0]
    return Needs(
        runs=least(row.files, key, "runs"),
        minimum=least(row.files, key, "well"),
        optimum=least((best,), key, "full"),
        optimum8=least(stored(row, "8"), key, "full"),
        whole=least((best,), key, "resident"),
        whole8=least(stored(row, "8"), key, "resident"),
        whole4=least(stored(row, "4"), key, "resident"),
    )


def nearest(ram: float) -> str:
    """The amount of RAM, of those that points are known for, that stands for another."""
    known = settings()["machine"]["ram_gib"]
    below = [one for one in known if one <= ram]
    return str(max(below, default=min(known)) if ram else known[0])


def stored(row: Row, bits: str) -> tuple[Found, ...]:
    """Its files of so many bits a weight, nominally."""
    low, high = settings()["points"]["bits"][bits]
    return tuple(one for one in row.files if low <= one.bits <= high)


def least(files: tuple[Found, ...], ram: str, name: str) -> Mark | None:
    """The least of one point over files; of equals the best file's."""
    found = [(getattr(one.points[ram], name), one.label) for one in files]
    known = [(gib, label) for gib, label in found if gib is not None]
    return Mark(*min(known, key=lambda one: one[0])) if known else None


def bare(label: str) -> str:
    """A precision's name where room is scarce: `fp8 scaled`, `Q8_0`."""
    short = label.removeprefix("GGUF ").removesuffix(" without scales")
    return short.replace("(", "").replace(")", "")


def searched(family: Family) -> list[Found]:
    """Every file of a family with its points, as they are forecast now: what the data file holds."""
    machines: dict[str, Machine] = {str(ram): reference(ram) for ram in settings()["machine"]["ram_gib"]}
    return [
        Found(
            **msgspec.structs.asdict(one),
            points={ram: points(family, one, machine) for ram, machine in machines.items()},
        )
        for one in choices(family)
    ]
