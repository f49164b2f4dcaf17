"""A law's numbers where something was learned: near what was measured that band, else the law's."""

from __future__ import annotations

from bisect import bisect_left
from math import log2
from typing import Any

from .. import facts
from ..units import MIB, Basis, Estimate
from .corrections import Pace, Place, Reach, Taken


def beside(taken: Taken, place: Place, known: Estimate, least: float, convolves: bool) -> Estimate:
    """Bytes that a pass takes beside its weights at `place`, where `known` is what is said without learning.

    `least`: what the law's tensors take at least. Where a model `convolves`, what it takes with room says
    nothing of what suffices: short of memory, cuDNN goes on to an algorithm that needs less. And which one it
    begins with changes from size to size, so that no size says much of another.
    """
    away = outside(taken.reach, place, spans=not convolves)
    found = measured(taken, place.activations, known, least, convolves)
    near = faded(found, known, bands(taken, place.activations), away)
    return Estimate(round(near.low), round(near.best), round(near.high), near.basis)


def measured(taken: Taken, size: float, known: Estimate, least: float, convolves: bool) -> Estimate:
    """What the points say of a pass of this size.

    Few points doubt more than they know: past what is known the band reaches only as far as was measured.
    """
    near, doubted, seen = 1 + learning("reach")["same"], bands(taken, size), covered(taken, size)
    low = known.low if convolves else min(seen.low, max(known.low, min(one.low for one in doubted)))
    low = min([low, *(had for larger, had in taken.enough if size <= larger * near)])
    most = max([seen.high, *(took for smaller, took in taken.at_least if size * near >= smaller)])
    high = with_pieces(max(most, *(one.high for one in doubted)))
    high = max(with_pieces(most), min(known.high, high))
    if any(size * near >= one for one in taken.failed if one > taken.reach.sizes[-1]):
        high = max(high, known.high)
    return holding(max(low, least), max(least, doubted[0].best), high, "measured")


def with_pieces(size: float) -> float:
    """Bytes with what the allocator holds beside them in pieces that nothing fits in."""
    rule = learning("width")["fragmentation"]
    pieces: float = min(max(rule["share"] * size, rule["least_mib"] * MIB), rule["most_mib"] * MIB)
    return size + pieces


def bands(taken: Taken, size: float) -> list[Estimate]:
    """What each line that explains the points says of a pass of this size, never narrower than the least."""
    rule, found = learning("width"), []
    for line in taken.lines:
        best = max(0.0, line.best(size))
        half = max(best * max(rule["least_share"], line.half(size)), rule["least_mib"] * MIB)
        found.append(Estimate(best - half, best, best + half, "measured"))
    return found


def covered(taken: Taken, size: float) -> Estimate:
    """As far as points lie from the lines that explain them."""
    found = [(line.best(size), line.worst * line.best(size)) for line in taken.lines]
    lows, highs = [best - off for best, off in found], [best + off for best, off in found]
    return holding(min(lows), found[0][0], max(highs), "measured")


def seconds(pace: Pace, place: Place, known: Estimate) -> Estimate:
    """Seconds of a pass at `place`, of which so many are forecast without learning."""
    low, best, high = (known.best * end for end in ends(pace.factor))
    found = Estimate(low, best, high, pace.factor.basis)
    return faded(found, known, [found], outside(pace.reach, place))


def likely(pace: Pace, known: Estimate) -> Estimate:
    """Seconds of a pass of which only its like was timed: as far off, within all that both say."""
    low, best, high = (known.best * end for end in ends(pace.factor))
    return Estimate(min(low, known.low), best, max(high, known.high), known.basis)


def faded(found: Estimate, known: Estimate, lines: list[Estimate], away: float) -> Estimate:
    """The measured band on its way to the known one, where `away` is 1.

    The nearest of what all `lines` that explain the points say stays within the band: where even that lies
    outside of what is known, then what is known is wrong.
    """
    if not away:
        return found
    lowest, highest = max(one.low for one in lines), min(one.high for one in lines)
    there = (min(known.low, lowest), known.best, max(known.high, highest))
    low, best, high = (one + away * (other - one) for one, other in zip(ends(found), there, strict=True))
    return holding(low, best, high, known.basis)


def ends(known: Estimate) -> tuple[float, float, float]:
    """An estimate's low end, best value and high end."""
    return known.low, known.best, known.high


def outside(reach: Reach, place: Place, spans: bool = True) -> float:
    """How far a pass lies from all that was measured: 0, as if measured, to 1, where that says nothing.

    `spans`: sizes that lie between measured ones are as if measured.
    """
    rule = learning("reach")
    far = doublings(reach.batch, place.batch) + doublings(reach.frames, place.frames)
    gap = rule["gap"] if spans else 0.0
    far += max(0.0, between(reach.sizes, place.activations, gap) - log2(1 + rule["same"]))
    return min(1.0, far / float(rule["far"]))


def between(sizes: tuple[float, ...], size: float, gap: float) -> float:
    """Doublings from a size to the nearest one measured; 0 between two that lie less than `gap` apart."""
    at = bisect_left(sizes, size)
    lower, upper = sizes[max(0, at - 1)], sizes[min(at, len(sizes) - 1)]
    inside = lower <= size <= upper and len(sizes) >= learning("points")["fewest_sizes"]
    if inside and log2(upper / lower) <= gap:
        return 0.0
    return min(abs(log2(size / one)) for one in (lower, upper))


def doublings(span: tuple[int, int], value: int) -> float:
    """How many doublings a value lies outside a span."""
    return max(0.0, log2(span[0] / value), log2(value / span[1]))


def holding(low: float, best: float, high: float, basis: Basis) -> Estimate:
    """An estimate whose ends hold its best."""
    return Estimate(min(low, best), best, max(high, best), basis)


def learning(name: str) -> dict[str, Any]:
    """A table of the rules of learning."""
    found: dict[str, Any] = facts.table("learning")[name]
    return found
