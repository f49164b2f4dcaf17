"""How long a placed step takes: its passes, with the weights that move before and during them."""

from __future__ import annotations

from typing import Literal

import msgspec

from ..runtime import Machine
from ..units import ZERO, Estimate
from . import speed
from .passes import each, on_processor
from .price import Price
from .result import Beside, StepForecast
from .step import Placed

# An end of a band, or its middle.
End = Literal["low", "best", "high"]


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

    def total(self, passes: int, machine: Machine) -> tuple[Estimate, Estimate]:
        """Seconds of the step, and of the same with all weights on the card."""
        before = self.uploaded + self.lost
        streaming = speed.overlapped(self.one, self.beside, machine) + self.between
        return before + streaming.times(passes), before + self.alone.times(passes)


def exactly(what: Estimate, end: End) -> Estimate:
    """One end of a band as if it were known."""
    value = {"low": what.low, "best": what.best, "high": what.high}[end]
    return Estimate(value, value, value, what.basis)


def timed(placed: Placed, moves: Moves, machine: Machine) -> StepForecast:
    """What is said of a step with its seconds, also with all weights on the card; None where not known.

    Nobody has measured how long a step takes whose memory Windows moves to the shared part.
    """
    price = placed.price
    if price is None or placed.said.verdict == "spill":
        return placed.said
    if placed.models and placed.models[0].on_cpu:
        return on_cpu(placed, price, machine)
    spent = spend(placed, price, moves, machine)
    if spent is None:
        return placed.said
    seconds, ideal = spent.total(price.passes, machine)
    return msgspec.structs.replace(
        placed.said,
        seconds=seconds,
        resident_seconds=ideal,
        beside=Beside(
            pair(spent.at("high", "low").total(price.passes, machine)),
            (seconds.best, ideal.best),
            pair(spent.at("low", "high").total(price.passes, machine)),
        ),
    )


def pair(times: tuple[Estimate, Estimate]) -> tuple[float, float]:
    """Two times that have no band."""
    return times[0].best, times[1].best


def spend(placed: Placed, price: Price, moves: Moves, machine: Machine) -> Spent | None:
    """The parts of a step's time; None where the card's rate or its link is not known."""
    streams = moves.streamed
    alone = each(placed, price, 0, machine)
    one = each(placed, price, total(streams), machine) if total(streams) else alone
    uploaded, beside = moved(moves.uploaded, machine), moved(Moved(pinned=streams.pinned), machine)
    between = moved(Moved(pageable=streams.pageable, disk=streams.disk), machine)
    if one is None or alone is None or uploaded is None or beside is None or between is None:
        return None
    return Spent(lost_before(placed, machine), one, alone, uploaded, beside, between)


def on_cpu(placed: Placed, price: Price, machine: Machine) -> StepForecast:
    """A step that runs on the processor, beside what it would take on the card."""
    seconds = on_processor(price, placed.models).times(price.passes)
    card = each(placed, price, 0, machine)
    ideal = card.times(price.passes) if card else seconds
    pairs = ((seconds.low, ideal.high), (seconds.best, ideal.best), (seconds.high, ideal.low))
    if not card:
        pairs = ((seconds.best, seconds.best),) * 3
    beside = Beside(*pairs)
    return msgspec.structs.replace(placed.said, seconds=seconds, resident_seconds=ideal, beside=beside)


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
