"""The forecasts along a dial, each made when it is asked for and kept."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import msgspec

from ...forecast import Forecast
from ...workflow.edits import apply
from ..case import Case
from .dial import Dial

Holds = Callable[[Forecast], bool]


class Test(msgspec.Struct, frozen=True):
    """Something that a forecast may keep to; `margin`: how far it is from not doing so, below 0 where it does not."""

    holds: Holds
    margin: Callable[[Forecast], float]


class Course(msgspec.Struct, frozen=True, dict=True):
    """A dial on a case. Places are numbers in `dial.values`."""

    case: Case
    dial: Dial

    @cached_property
    def seen(self) -> dict[int, Case]:
        """The cases that were forecast."""
        return {self.dial.start: self.case}

    def at(self, place: int) -> Case:
        """The case with the dial at a place."""
        if place not in self.seen:
            graph = apply(self.case.graph, self.dial.edits(place))
            self.seen[place] = Case(graph, self.case.machine, self.case.library)
        return self.seen[place]

    def forecast(self, place: int) -> Forecast:
        """How it runs there."""
        return self.at(place).forecast

    def alike(self, low: int, high: int) -> bool:
        """Whether all decides alike at two places, so that between them need only grows."""
        return choices(self.forecast(low)) == choices(self.forecast(high))

    def guess(self, low: int, high: int, test: Test | None) -> int:
        """A place between two: where the margin of a test is about to end, if it does, else their middle."""
        begin, end = (test.margin(self.forecast(at)) if test else 0.0 for at in (low, high))
        if not begin >= 0 > end:
            return (low + high) // 2
        first, last = self.dial.amount(low), self.dial.amount(high)
        wanted = first + (last - first) * begin / (begin - end)
        return max(low + 1, min(high - 1, self.dial.place(wanted)))


def choices(forecast: Forecast) -> tuple[tuple[int, bool], ...]:
    """What ComfyUI chooses by size, step by step: how many conditions in one pass, and whether in tiles.

    A VAE that takes fewer pictures at once needs no less room than it was given: that tells nothing.
    """
    return tuple((step.passes if step.kind == "sample" else 0, step.tiled) for step in forecast.steps)
