"""How long a placed step takes: its passes, with the weights that move before and during them."""

from __future__ import annotations

import msgspec

from ..runtime import Machine
from ..units import ZERO, Estimate
from . import speed
from .price import Price
from .result import StepForecast
from .step import Placed

# The share of a card's rate that each kind of work reaches (data/managers/constants.toml); convolutions else.
EFFICIENCY = {
    "forward": "efficiency",
    "forward_masked": "efficiency",
    "encode_text": "text_efficiency",
    "encode_image": "text_efficiency",
    "prefill": "text_efficiency",
    "write_token": "text_efficiency",
}


class Moved(msgspec.Struct, frozen=True):
    """Bytes of weights on their way to the card, by where they lie: pinned RAM, other RAM, the disk."""

    pinned: int = 0
    pageable: int = 0
    disk: int = 0


class Moves(msgspec.Struct, frozen=True):
    """What a step moves to the card: before its first pass, and in each pass."""

    uploaded: Moved = Moved()
    streamed: Moved = Moved()


def timed(placed: Placed, moves: Moves, machine: Machine) -> StepForecast:
    """What is said of a step with its seconds, also with all weights on the card; None where not known."""
    one = each(placed, machine)
    uploaded, streamed = moved(moves.uploaded, machine), moved(moves.streamed, machine)
    if placed.price is None or one is None or uploaded is None or streamed is None:
        return placed.said
    lost = lost_before(placed.failed, machine, placed.step.law)
    passes = placed.price.passes
    beside = speed.overlapped(one, streamed, machine) if not moves.streamed.pageable else one + streamed
    return msgspec.structs.replace(
        placed.said,
        seconds=uploaded + beside.times(passes) + lost,
        resident_seconds=uploaded + one.times(passes) + lost,
    )


def each(placed: Placed, machine: Machine) -> Estimate | None:
    """Seconds of computing one pass; None where the price or the card's rate is not known."""
    price, law = placed.price, placed.step.law
    if price is None:
        return None
    one = speed.compute(machine.device, price.cost.flops * price.tiles, kind(law))
    if one and law == "write_token":
        read = sum(where.resident for where in placed.placements)
        one = speed.longer(one, speed.reading(machine.device, read))
    return one


def moved(what: Moved, machine: Machine) -> Estimate | None:
    """Seconds of moving weights to the card; None where its link is not known."""
    ways = {"pinned_share": what.pinned, "pageable_share": what.pageable + what.disk}
    known = [speed.transfer(machine.device, size, way) for way, size in ways.items() if size]
    total = speed.disk(what.disk, machine) if what.disk else ZERO
    for one in known:
        if one is None:
            return None
        total = total + one
    return total


def lost_before(failed: Price | None, machine: Machine, law: str) -> Estimate:
    """Seconds of the attempt that ran out of memory before the retry."""
    return (speed.compute(machine.device, failed.cost.flops, kind(law)) if failed else None) or ZERO


def kind(law: str) -> str:
    """Which share of the card's rate this law's work reaches."""
    return EFFICIENCY.get(law, "conv_efficiency")
