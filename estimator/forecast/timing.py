"""How long a placed step takes: its passes, with the weights that move before and during them."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from .. import facts
from ..runtime import Machine
from ..units import ZERO, Estimate
from ..workflow.values import Step
from . import learned, speed
from .passes import each, on_processor
from .price import Price
from .result import Beside, StepForecast
from .step import Placed

# An end of a band, or its middle.
End = Literal["low", "best", "high"]
# What the card and what the link do where streaming costs least, and where it costs most.
CROSSED: tuple[tuple[End, End], ...] = (("high", "low"), ("low", "high"))
# Seconds of a step, those with all weights on the card, and how far apart they may be.
Times = tuple[Estimate, Estimate, Beside]
# The same with the seconds of one pass on the card where nothing was learned of it.
Timed = tuple[Times, Estimate | None]


class Moved(msgspec.Struct, frozen=True):
    """Bytes of weights on their way to the card, by where they lie: pinned RAM, other RAM, the disk."""

    pinned: int = 0
    pageable: int = 0
    disk: int = 0


class Moves(msgspec.Struct, frozen=True):
    """What a step moves to the card: before its first pass, and in each pass."""

    uploaded: Moved = Moved()
    streamed: Moved = Moved()


class Spent(msgspec.Struct, frozen=True):
    """Seconds of a step's parts. The card's: what was `lost` before a retry, `one` pass, one pass `alone`.

    What moves: `uploaded` before the passes, in each of them `beside` the computing or `between`.
    """

    lost: Estimate
    one: Estimate
    alone: Estimate
    uploaded: Estimate
    beside: Estimate
    between: Estimate

    def at(self, card: End, link: End) -> Spent:
        """The same where the card computes, and weights move, as at one end of their bands."""
        own = (exactly(one, card) for one in (self.lost, self.one, self.alone))
        ways = (exactly(one, link) for one in (self.uploaded, self.beside, self.between))
        return Spent(*own, *ways)

    def paced(self, placed: Placed, price: Price, machine: Machine) -> Spent:
        """The same with passes as fast as they were measured here."""
        if not machine.corrections:
            return self
        one, alone = (
            learned.paced(each, price, placed.step.shape, machine) for each in (self.one, self.alone)
        )
        return msgspec.structs.replace(self, one=one, alone=alone)

    def total(self, passes: Estimate, machine: Machine) -> tuple[Estimate, Estimate]:
        """Seconds of the step, and of the same with all weights on the card."""
        before = self.uploaded + self.lost
        streaming = speed.overlapped(self.one, self.beside, machine) + self.between
        return before + product(streaming, passes), before + product(self.alone, passes)

    def times(self, passes: Estimate, machine: Machine) -> Times:
        """Both, and how far apart they may be."""
        both = self.total(passes, machine)
        least, most = (pair(self.at(*ends).total(passes, machine)) for ends in CROSSED)
        return *both, Beside(least, pair(both), most)


class Clock:
    """Times the steps of one prompt on one machine; equal work takes equally long."""

    def __init__(self, machine: Machine) -> None:
        """Nothing is timed yet."""
        self.machine = machine
        self.known: dict[tuple[Any, ...], Timed | None] = {}

    def timed(self, placed: Placed, moves: Moves) -> StepForecast:
        """What is said of a step with its seconds, also with all weights on the card, where known.

        Nobody has measured how long a step takes whose memory Windows moves to the shared part.
        """
        price, step = placed.price, placed.step
        if price is None or placed.said.verdict == "spill":
            return placed.said
        key = (price, placed.failed, moves, step.law, step.training, step.ends, step.components, step.loras)
        if key not in self.known:
            self.known[key] = times(placed, price, moves, self.machine)
        found = self.known[key]
        if found is None:
            return placed.said
        (seconds, ideal, beside), one = found
        by_law = placed.said.by_law and msgspec.structs.replace(placed.said.by_law, seconds=one)
        return msgspec.structs.replace(
            placed.said, seconds=seconds, resident_seconds=ideal, beside=beside, by_law=by_law
        )


def times(placed: Placed, price: Price, moves: Moves, machine: Machine) -> Timed | None:
    """Seconds of a step with a price; None where the card's rate or its link is not known."""
    if placed.models and placed.models[0].on_cpu:
        return on_cpu(placed, price, machine), None
    spent = spend(placed, price, moves, machine)
    if spent is None:
        return None
    here = spent.paced(placed, price, machine)
    return here.times(passes_of(placed.step, price), machine), spent.alone


def spend(placed: Placed, price: Price, moves: Moves, machine: Machine) -> Spent | None:
    """The parts of a step's time."""
    streams = moves.streamed
    alone = each(placed, price, 0, machine)
    one = each(placed, price, total(streams), machine) if total(streams) else alone
    uploaded, beside = moved(moves.uploaded, machine), moved(Moved(pinned=streams.pinned), machine)
    between = moved(Moved(pageable=streams.pageable, disk=streams.disk), machine)
    if one is None or alone is None or uploaded is None or beside is None or between is None:
        return None
    return Spent(lost_before(placed, machine), one, alone, uploaded, beside, between)


def exactly(what: Estimate, end: End) -> Estimate:
    """One end of a band as if it were known."""
    value = {"low": what.low, "best": what.best, "high": what.high}[end]
    return Estimate(value, value, value, what.basis)


def pair(times: tuple[Estimate, Estimate]) -> tuple[float, float]:
    """The middles of two times."""
    return times[0].best, times[1].best


def on_cpu(placed: Placed, price: Price, machine: Machine) -> Times:
    """Seconds of a step that runs on the processor, beside what it would take on the card."""
    passes, here = passes_of(placed.step, price), on_processor(price, placed.models)
    card = each(placed, price, 0, machine) or here
    known = card is not here
    least, most = (here.low, card.high), (here.high, card.low)
    middle = (here.best, card.best)
    beside = Beside(least, middle, most) if known else Beside(middle, middle, middle)
    return product(here, passes), product(card, passes), beside.times(passes.best)


def passes_of(step: Step, price: Price) -> Estimate:
    """How many passes a step takes; a text mostly ends before its last."""
    if not step.ends:
        return Estimate.exact(price.passes)
    usual: dict[str, int] = facts.table("managers/constants")["writing"]["usual_tokens"]
    low, best = (min(price.passes, usual[end]) for end in ("low", "best"))
    return Estimate(low, best, price.passes, "assumed")


def product(one: Estimate, passes: Estimate) -> Estimate:
    """Seconds of all passes, each of which takes `one`."""
    basis = (one + passes).basis
    return Estimate(one.low * passes.low, one.best * passes.best, one.high * passes.high, basis)


def total(what: Moved) -> int:
    """Bytes by all ways."""
    return what.pinned + what.pageable + what.disk


def moved(what: Moved, machine: Machine) -> Estimate | None:
    """Seconds of moving weights to the card; None where its link is not known."""
    pinned = speed.transfer(machine.device, what.pinned, "pinned")
    pageable = speed.transfer(machine.device, what.pageable + what.disk, "pageable")
    if pinned is None or pageable is None:
        return None
    return pinned + pageable + (speed.disk(what.disk, machine) if what.disk else ZERO)


def lost_before(placed: Placed, machine: Machine) -> Estimate:
    """Seconds of the attempt that ran out of memory before the retry: somewhere within its first pass."""
    found = each(placed, placed.failed, 0, machine) if placed.failed else None
    return Estimate(0.0, found.best / 2, found.high, "modelled") if found else ZERO
