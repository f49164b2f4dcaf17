"""How long a placed step takes: its passes, with the weights that move before and during them."""

from __future__ import annotations

import msgspec

from .. import facts
from ..runtime import Machine
from ..units import ZERO, Estimate
from ..workflow.values import Step
from . import speed
from .passes import each, on_processor
from .price import Price
from .result import StepForecast
from .step import Placed


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
    price = placed.price
    if price is None:
        return placed.said
    if placed.models and placed.models[0].on_cpu:
        return on_cpu(placed, price, machine)
    streams = moves.streamed
    alone = each(placed, price, 0, machine)
    one = each(placed, price, total(streams), machine) if total(streams) else alone
    uploaded, beside = moved(moves.uploaded, machine), moved(Moved(pinned=streams.pinned), machine)
    between = moved(Moved(pageable=streams.pageable, disk=streams.disk), machine)
    if one is None or alone is None or uploaded is None or beside is None or between is None:
        return placed.said
    before = uploaded + lost_before(placed, machine)
    streaming = speed.overlapped(one, beside, machine) + between
    return msgspec.structs.replace(
        placed.said,
        seconds=before + repeated(streaming, placed.step, price),
        resident_seconds=before + repeated(alone, placed.step, price),
    )


def on_cpu(placed: Placed, price: Price, machine: Machine) -> StepForecast:
    """A step that runs on the processor, beside what it would take on the card."""
    seconds = repeated(on_processor(price, placed.models), placed.step, price)
    card = each(placed, price, 0, machine)
    ideal = repeated(card, placed.step, price) if card else seconds
    return msgspec.structs.replace(placed.said, seconds=seconds, resident_seconds=ideal)


def repeated(one: Estimate, step: Step, price: Price) -> Estimate:
    """Seconds of all passes of a step, each of which takes `one`; a text mostly ends before its last."""
    if not step.ends:
        return one.times(price.passes)
    usual: dict[str, int] = facts.table("managers/constants")["writing"]["usual_tokens"]
    low, best = (min(price.passes, usual[end]) for end in ("low", "best"))
    return Estimate(one.low * low, one.best * best, one.high * price.passes, "assumed")


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
