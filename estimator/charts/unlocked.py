"""What one card unlocks: of each family the best file that runs well on it, forecast for it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from ..forecast import Forecast, run
from ..forecast.result import VERDICTS, Verdict
from ..runtime import Machine
from ..units import GIB, Estimate
from ..workflow import lower
from .choices import Choice, library
from .machines import settings
from .points import runs, well
from .unlocks import Mark, Needs, Row, nearest, needs, rows
from .usual import Kind, family, usual


class Unlocked(msgspec.Struct, frozen=True):
    """A family on a card: its usual workflow with the best file that runs well, or else as well as any does.

    `sixteen`: that file is stored in 16 bits or more; `well`: it runs with a margin and is hardly slowed;
    `streamed`: bytes of weights that stream in all of the run; `whole`: the best file of which everything
    stays in VRAM, empty for none.
    """

    id: str
    name: str
    kind: Kind
    size: str
    file: str
    label: str
    sixteen: bool
    verdict: Verdict
    well: bool
    tight: bool
    seconds: Estimate | None
    slowdown: Estimate | None
    streamed: int
    whole: str


def unlocked(machine: Machine) -> tuple[Unlocked, ...]:
    """Every family of the chart on a machine."""
    return tuple(one_of(row, machine) for row in rows())


def one_of(row: Row, machine: Machine) -> Unlocked:
    """One family: its files are tried from the best on, until one runs well."""
    tried: list[tuple[Choice, Forecast]] = []
    for choice in usable(row, machine):
        tried.append((choice, forecast(row, choice, machine)))
        if well(tried[-1][1]):
            break
    choice, found = min(tried, key=lambda one: (not well(one[1]), VERDICTS.index(one[1].verdict)))
    return Unlocked(
        row.id,
        row.name,
        row.kind,
        row.size,
        choice.file,
        choice.label,
        not choice.light,
        found.verdict,
        well(found),
        found.tight,
        found.seconds if runs(found) else None,
        found.slowdown if runs(found) else None,
        sum(step.streamed * step.passes for step in found.steps),
        choice.label if well(found) and found.verdict == "resident" else whole(row, machine),
    )


def usable(row: Row, machine: Machine) -> list[Choice]:
    """Its files, first those that the card computes in, and the others after them."""
    capability = machine.device.compute_capability or 0
    files: list[Choice] = list(row.files)
    return sorted(files, key=lambda one: one.min_capability > capability and one.light)


def forecast(row: Row, choice: Choice, machine: Machine) -> Forecast:
    """How its usual workflow runs with one of its files."""
    graph = usual(family(row.id), choice.file, choice.second, choice.light)
    return run(lower(graph, library()), machine)


def whole(row: Row, machine: Machine) -> str:
    """The best file that stays in VRAM, by the points of the chart."""
    ram, size = nearest(machine.host.ram_total / GIB), machine.device.total / GIB
    fits = (one for one in row.files if (one.points[ram].resident or float("inf")) <= size)
    return next((one.label for one in fits), "")


class Tier(msgspec.Struct, frozen=True):
    """What a size of card unlocks that the next smaller one does not: families' names, by what it means.

    `well`: any usable file runs well; `quick`: the best one at full speed; `whole8`, `whole`: all of the
    8-bit, and of the best file, stays in VRAM.
    """

    gib: int
    well: tuple[str, ...]
    quick: tuple[str, ...]
    whole8: tuple[str, ...]
    whole: tuple[str, ...]


def tiers(ram: float = 0) -> tuple[Tier, ...]:
    """The tiers of the article, with so much RAM."""
    sizes: list[int] = settings()["tiers"]["gib"]
    known = [(row.name, needs(row, ram)) for row in rows()]

    def newly(of: Callable[[Needs], Mark | None], at: int) -> tuple[str, ...]:
        below = sizes[at - 1] if at else 0
        return tuple(name for name, one in known if (mark := of(one)) and below < mark.gib <= sizes[at])

    return tuple(
        Tier(
            size,
            newly(lambda one: one.minimum, at),
            newly(lambda one: one.optimum, at),
            newly(lambda one: one.whole8, at),
            newly(lambda one: one.whole, at),
        )
        for at, size in enumerate(sizes)
    )
