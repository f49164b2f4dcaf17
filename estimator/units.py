"""Quantities: bytes as `int`, seconds as `float`, and estimates that carry their band and their basis."""

from __future__ import annotations

from typing import Literal

import msgspec

KIB = 1024
MIB = 1024**2
GIB = 1024**3

Basis = Literal["exact", "traced", "measured", "modelled", "assumed"]
# From the strongest to the weakest: a sum is as trustworthy as its weakest part.
BASES: tuple[Basis, ...] = ("exact", "measured", "traced", "modelled", "assumed")

RANK = {basis: number for number, basis in enumerate(BASES)}


class Estimate(msgspec.Struct, frozen=True, gc=False):
    """A number with its band and its basis; bytes or seconds, as the field that holds it says."""

    low: float
    best: float
    high: float
    basis: Basis

    def __post_init__(self) -> None:
        """Refuse a band that does not hold its own best value."""
        if not self.low <= self.best <= self.high:
            raise ValueError(f"band out of order: {self.low}, {self.best}, {self.high}")

    @classmethod
    def exact(cls, value: float) -> Estimate:
        """A number read from a header: no band."""
        return cls(value, value, value, "exact")

    @classmethod
    def spread(cls, best: float, down: float, up: float, basis: Basis) -> Estimate:
        """`best` within the fractions `down` and `up`, both positive: 0.02 is 2 %."""
        return cls(whole(best, best * (1 - down)), best, whole(best, best * (1 + up)), basis)

    def __add__(self, other: Estimate) -> Estimate:
        """The sum, both bands at their ends, at the weaker basis (zero adds no doubt)."""
        if not other.high:
            return self
        if not self.high:
            return other
        basis = self.basis if RANK[self.basis] >= RANK[other.basis] else other.basis
        return Estimate(self.low + other.low, self.best + other.best, self.high + other.high, basis)

    def times(self, factor: float) -> Estimate:
        """The estimate scaled by a known positive number."""
        return Estimate(self.low * factor, self.best * factor, self.high * factor, self.basis)


def whole(like: float, value: float) -> float:
    """`value`, as whole bytes where `like` is counted in whole bytes."""
    return round(value) if isinstance(like, int) else value


ZERO = Estimate.exact(0)


def gib(size: float) -> str:
    """Bytes as a person reads them: `10.4 GiB`."""
    return f"{size / GIB:.1f} GiB"


def mib(size: float) -> str:
    """Bytes as ComfyUI's log has them ("MB" there is MiB): `363.9 MiB`."""
    return f"{size / MIB:,.1f} MiB".replace(",", " ")


def amount(size: float) -> str:
    """Bytes in the unit that suits their size."""
    if size < MIB / 10:
        return f"{size / KIB:.1f} KiB"
    return gib(size) if size >= GIB / 2 else mib(size)


def duration(seconds: float) -> str:
    """Seconds rounded to what a forecast supports: `0.4 s`, `18 s`, `2 min`, `1.5 h`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def closer(seconds: float) -> str:
    """Seconds with a digit more than a forecast supports, to tell two of them apart: `2.9 min`."""
    return f"{seconds / 60:.1f} min" if 100 <= seconds < 600 else duration(seconds)
