"""How much VRAM a file of a family needs, found by forecasts on cards of every size.

For each amount of RAM four points, each the least memory of a card, to a quarter of a GiB, with which its
usual workflow `runs` at all; runs `well`: with a margin, and hardly slower than with all weights on the card;
runs at `full` speed: more memory makes it no faster; and is `resident`: nothing streams, and with a margin.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import msgspec

from ..advice.judge import enough
from ..forecast import Forecast, run
from ..models.library import Library
from ..runtime import Machine
from ..workflow import Graph, lower
from .choices import Choice, library
from .machines import settings, sized
from .usual import Family, usual

RUNS = ("resident", "streamed", "disk")


class Points(msgspec.Struct, frozen=True):
    """The points of one file with one amount of RAM, GiB; None where no card is large enough."""

    runs: float | None
    well: float | None
    full: float | None
    resident: float | None


class Tried:
    """One workflow on cards of many sizes, each forecast once."""

    def __init__(self, graph: Graph, machine: Machine, files: Library) -> None:
        """Nothing is forecast until it is asked for."""
        self.work, self.machine = lower(graph, files), machine
        self.on = cache(self.forecast)

    def forecast(self, steps: int) -> Forecast:
        """How it runs on a card of so many steps of the search."""
        vram = steps * settings()["search"]["step_gib"]
        return run(self.work, sized(self.machine, vram))

    def least(self, enough: Callable[[Forecast], bool], low: int = 0) -> float | None:
        """The least GiB at which a forecast is enough, at least that of `low` steps; None where none is.

        It takes for granted that with more memory it stays so, which tests/charts looks at.
        """
        row = settings()["search"]
        high = round(row["most_gib"] / row["step_gib"])
        if not enough(self.on(high)):
            return None
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if enough(self.on(middle)) else (middle + 1, high)
        return float(high * row["step_gib"])


def points(family: Family, choice: Choice, machine: Machine) -> Points:
    """The points of one of its files on a machine with any card's memory."""
    tried = Tried(usual(family, choice.file, choice.second, choice.light), machine, library())
    first = tried.least(runs)
    least = round((first or 0) / settings()["search"]["step_gib"])
    most = tried.on(round(settings()["search"]["most_gib"] / settings()["search"]["step_gib"]))
    return Points(
        first,
        tried.least(well, least),
        tried.least(lambda one: quick(one, most), least),
        tried.least(lambda one: one.verdict == "resident" and not one.tight, least),
    )


def runs(forecast: Forecast) -> bool:
    """Whether it comes to its end."""
    return forecast.verdict in RUNS


def well(forecast: Forecast) -> bool:
    """Whether it does so with a margin and is hardly slowed."""
    slowdown = forecast.slowdown
    slow = slowdown is None or slowdown.best > enough()["slowdown"]
    return runs(forecast) and not forecast.tight and not slow


def quick(forecast: Forecast, most: Forecast) -> bool:
    """Whether it runs well and takes no longer than with the most memory."""
    if not well(forecast) or forecast.seconds is None or most.seconds is None:
        return False
    near: float = settings()["points"]["near"]
    return forecast.seconds.best <= near * most.seconds.best
