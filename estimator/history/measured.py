"""What the row of a node that ran says of a pass of its law: bytes beside its weights, and seconds."""

from __future__ import annotations

from math import isfinite

import msgspec

from ..costs.corrected import learning
from ..costs.corrections import Place
from .rows import Done


class Point(msgspec.Struct, frozen=True, order=True):
    """Where a pass lies, and what was measured of it: bytes beside its weights, or seconds over the law's.

    `exact`: it is what a pass takes; else it is what sufficed, and with `full` also the least that it took.
    """

    activations: float
    value: float
    batch: int
    frames: int
    exact: bool = True
    full: bool = False

    @property
    def place(self) -> Place:
        """Where it lies."""
        return Place(self.activations, self.batch, self.frames)


def taken(done: Done) -> Point | None:
    """Bytes that a pass of a node took beside its weights; None where that was not measured.

    A model that is loaded for the pass lies there until the node's end: what is there then is not the pass's.
    Where there was more at its beginning, that may have been there still: what lay above the end sufficed.
    """
    place, peak, before, after = placed(done), done.peak, done.before, done.after
    if place is None or done.shared or peak is None or before is None or after is None:
        return None
    value, least = peak - after, learning("agreement")["least"]
    if not 0 <= after <= peak or before < 0 or value < least * low(done):
        return None
    grew = before <= after and peak > before
    return at(place, float(value), exact=grew and not done.full, full=grew and done.full)


def failed(done: Done) -> Point | None:
    """A pass that what was free did not suffice for: its node met a full card, and has no end."""
    place = placed(done)
    return at(place, 0.0) if place and done.full and done.after is None and done.peak else None


def pace(done: Done) -> Point | None:
    """Seconds of a pass over those that its law says; None where weights moved, or another node ran."""
    place, forecast, most = placed(done), done.forecast_per_pass, learning("seconds")["most_ratio"]
    if (
        place is None
        or done.shared
        or done.full
        or done.streamed
        or forecast is None
        or done.per_pass is None
    ):
        return None
    if not (positive(forecast.best) and positive(done.per_pass)):
        return None
    ratio = done.per_pass / forecast.best
    return at(place, ratio) if 1 / most <= ratio <= most else None


def at(place: Place, value: float, exact: bool = True, full: bool = False) -> Point:
    """A point of a place."""
    return Point(place.activations, value, place.batch, place.frames, exact, full)


def placed(done: Done) -> Place | None:
    """Where a pass of a node lies; None where no law was taken, or the law says nothing."""
    if not done.law or done.activations is None or not (isfinite(done.activations.best) and low(done) >= 1):
        return None
    return Place.of(done.activations.best, done.shape)


def low(done: Done) -> float:
    """The least that its law says of a pass, bytes."""
    return done.activations.low if done.activations else 0.0


def positive(number: float) -> bool:
    """Whether a number is one, and above nothing."""
    return isfinite(number) and number > 0
