"""What was learned on this machine, put in a step's price and in the seconds of its passes."""

from __future__ import annotations

import msgspec

from ..costs import Shape, corrected
from ..costs.corrections import Place, kin
from ..runtime import Machine
from ..units import Estimate
from .price import Price


def priced(price: Price, shape: Shape | None, machine: Machine, convolves: bool) -> Price:
    """A price with what passes of its law take on this machine beside their weights, where that is known."""
    found = machine.learned.get(price.law)
    if found is None or found.beside is None or not price.cost.activations.best:
        return price
    least = price.cost.activations.low
    taken = corrected.beside(found.beside, place(price, shape), price.beside, least, convolves)
    return price if taken == price.beside else msgspec.structs.replace(price, measured=taken)


def paced(one: Estimate, price: Price, shape: Shape | None, machine: Machine) -> Estimate:
    """Seconds of one pass as passes of its law run on this machine, where that is known.

    With weights held in another way the same model is as likely off: else a lighter file would seem to win
    what was only learned of the one that ran.
    """
    found = machine.learned.get(price.law)
    if found and found.seconds and price.cost.activations.best:
        return corrected.seconds(found.seconds, place(price, shape), one)
    like = machine.paces.get(kin(price.law)) if price.law else None
    return corrected.likely(like, one) if like else one


def place(price: Price, shape: Shape | None) -> Place:
    """Where a step's pass lies among those that were measured."""
    return Place.of(price.cost.activations.best, tuple_of(shape))


def tuple_of(shape: Shape | None) -> tuple[int, ...]:
    """A latent's shape as ComfyUI would print it: batch, channels, frames of video, height, width."""
    if shape is None or not shape.channels:
        return ()
    frames = (shape.frames,) if shape.frames > 1 else ()
    return (shape.batch, shape.channels, *frames, shape.height, shape.width)
