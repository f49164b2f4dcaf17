"""What was learned on a machine about a law: how its truth differs there, and how far that reaches."""

from __future__ import annotations

from math import sqrt

import msgspec

from ..units import Estimate


class Place(msgspec.Struct, frozen=True):
    """A pass among others of its law: the activations that the law says, bytes, its batch and its frames."""

    activations: float
    batch: int = 1
    frames: int = 1

    @classmethod
    def of(cls, activations: float, shape: tuple[int, ...]) -> Place:
        """The place of a pass of a latent that ComfyUI prints so: batch, channels, frames if any, sides."""
        batch, frames = (shape[0] if shape else 1), (shape[2] if len(shape) > 4 else 1)
        return cls(activations, max(1, batch), max(1, frames))


class Line(msgspec.Struct, frozen=True):
    """What passes take: `factor` times the law's activations and `plus` bytes more.

    `doubt`: half the width of one more point's band where points are many, as a share of what it takes. It
    grows where the `points` are few, and away from them: `mean`, `square` are the mean of their reciprocal
    activations, and the sum of squares about it (0 where the points do not choose the slope). `worst`: how
    far one of them lies off, as a share.
    """

    factor: float
    plus: float
    doubt: float
    worst: float
    points: int
    mean: float = 0.0
    square: float = 0.0

    def best(self, activations: float) -> float:
        """Bytes that a pass takes for which the law says so many."""
        return self.factor * activations + self.plus

    def half(self, activations: float) -> float:
        """Half the width of its band, as a share: that of a prediction by regression (Draper and Smith,
        Applied Regression Analysis, 1.4).
        """
        away = (1 / activations - self.mean) ** 2 / self.square if self.square else 0.0
        return max(self.worst, self.doubt * sqrt(1 + 1 / self.points + away))


class Reach(msgspec.Struct, frozen=True):
    """What was measured: the law's activations, the least first, and the spans of batch and frames."""

    sizes: tuple[float, ...]
    batch: tuple[int, int] = (1, 1)
    frames: tuple[int, int] = (1, 1)


class Taken(msgspec.Struct, frozen=True):
    """What passes take beside their weights, by each of the lines that explain the points about equally well.

    Of passes on a full card, as pairs of the law's activations and bytes: `at_least` what they took, `enough`
    what sufficed. `failed`: the law's activations of those that what was free did not suffice for.
    """

    lines: tuple[Line, ...]
    reach: Reach
    at_least: tuple[tuple[float, float], ...] = ()
    enough: tuple[tuple[float, float], ...] = ()
    failed: tuple[float, ...] = ()


class Pace(msgspec.Struct, frozen=True):
    """Seconds of a pass over those that were forecast, with all weights on the card."""

    factor: Estimate
    reach: Reach


def kin(law: str) -> str:
    """What a law shares with those of the same model and work whose weights are held in other ways."""
    return law.rsplit(":", 2)[0]


class Correction(msgspec.Struct, frozen=True):
    """What is known of a law by name: what a pass takes beside its weights, and its seconds; None where too
    little was measured, or what was measured disagrees. `points`: how many passes were measured.
    """

    law: str
    points: int
    beside: Taken | None = None
    seconds: Pace | None = None
