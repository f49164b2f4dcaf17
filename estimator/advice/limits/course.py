"""The forecasts along a dial, each made when it is asked for and kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import msgspec

from ... import facts
from ...forecast import Forecast
from ...workflow.edits import apply
from ..case import Case
from .dial import Dial


class Standard(msgspec.Struct, frozen=True):
    """Something that a forecast may keep to.

    `bears`: how many times as much there could be to do, if all that is needed beside weights grew in
    proportion, which is the most that it does; below 0 where too little is left even for nothing.
    `margins`: how far each of its steps is from not keeping to it, below 0 where it does not.
    """

    holds: Callable[[Forecast], bool]
    bears: Callable[[Forecast], float]
    margins: Callable[[Forecast], Sequence[float]]


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
        """Whether ComfyUI chooses alike at two places, so that between them need only grows.

        Past so many forecasts it is taken to.
        """
        if len(self.seen) > facts.table("limits")["search"]["forecasts"]:
            return True
        return choices(self.forecast(low)) == choices(self.forecast(high))

    def bears(self, low: int, high: int, standard: Standard) -> bool:
        """Whether what is spare at a place would do for all that can be added up to another one."""
        return self.dial.amount(high) <= self.dial.amount(low) * standard.bears(self.forecast(low))

    def hopeless(self, high: int, standard: Standard) -> bool:
        """Whether more lacks at a place than could be saved below it."""
        return standard.bears(self.forecast(high)) < 0

    def reach(self, place: int, standard: Standard) -> int:
        """The last place that is surely borne; from one where it fails, the last that could be."""
        return self.dial.place(self.dial.amount(place) * standard.bears(self.forecast(place)))

    def guess(self, low: int, high: int, standard: Standard | None) -> int:
        """A place between two: where the margin is about to end, if it does, else their middle."""
        wanted = self.crossing(low, high, standard) if standard else None
        return (low + high) // 2 if wanted is None else max(low + 1, min(high - 1, self.dial.place(wanted)))

    def ahead(self, before: int, low: int, standard: Standard) -> int:
        """The place above `low` where its margin ends, of which there was more at `before`, a place below."""
        wanted = self.crossing(before, low, standard)
        return self.reach(low, standard) if wanted is None else self.dial.place(wanted)

    def crossing(self, low: int, high: int, standard: Standard) -> float | None:
        """How much there is to do where the first of the margins ends, by what they are at two places.

        Need is affine in what there is to do as long as nothing is chosen otherwise, so that this is near.
        """
        first, last = self.dial.amount(low), self.dial.amount(high)
        pairs = zip(standard.margins(self.forecast(low)), standard.margins(self.forecast(high)), strict=False)
        found = [first + (last - first) * one / (one - two) for one, two in pairs if one >= 0 and one > two]
        return min(found, default=None)


def choices(forecast: Forecast) -> tuple[tuple[int, bool], ...]:
    """What ComfyUI chooses by size, step by step: how many conditions in one pass, and whether in tiles.

    A VAE that takes fewer pictures at once needs no less room than it was given: that tells nothing. Nor do
    tiles where it learns that memory ran out: what fits whole fails nothing, and what does not gets tiles.
    """
    sure = forecast.device.vendor in facts.table("managers/vae")["retry"]["vendors"]
    return tuple(
        (step.passes if step.kind == "sample" else 0, step.tiled and not sure) for step in forecast.steps
    )
