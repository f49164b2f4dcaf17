"""Lines through measured passes: by a factor on what the law says, by a constant above it, or by both.

Middles of factors, constants and slopes (Theil and Sen) are not moved by a few points that lie far off; these
are left out, and what the others scatter about a line is its doubt.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import combinations
from math import sqrt
from statistics import fmean, median
from typing import Any

import msgspec

from ..costs.corrected import learning
from ..costs.corrections import Line
from .measured import Point

MAD_TO_SIGMA = 1.4826  # of a normal distribution
SIDES = 2  # numbers that a line through a plane is chosen by

Points = Sequence[Point]


class Way(msgspec.Struct, frozen=True):
    """A way to explain points: how its factor and its constant are found, and how many numbers that takes."""

    found: Callable[[Points], tuple[float, float]]
    numbers: int = 1


class Fit(msgspec.Struct, frozen=True):
    """A line with the points that it explains."""

    line: Line
    points: tuple[Point, ...]


def fits(points: Points) -> list[Fit]:
    """The lines that explain most of the points about equally well, the best first; none where none does."""
    ways = [PROPORTIONAL, CONSTANT, *([BOTH] if spread_out(points) else [])]
    found = [fit for way in ways if (fit := fitted(way, points))]
    most = max((len(fit.points) for fit in found), default=0)
    found = sorted((fit for fit in found if len(fit.points) == most), key=width)
    least = learning("width")["least_share"]
    return [fit for fit in found if width(fit) <= max(least, learning("width")["alike"] * width(found[0]))]


def width(fit: Fit) -> float:
    """Half the width of a fit's band at its middle, as a share."""
    return fit.line.half(1 / fit.line.mean)


def fitted(way: Way, points: Points) -> Fit | None:
    """A way's line through the points that agree on one; None where too few do."""
    rule = learning("agreement")
    kept = agreeing(points, off(way.found(points), points))
    if len(kept) < max(learning("points")["fewest"], len(points) * (1 - rule["most_left_out"])):
        return None
    factor, plus = way.found(kept)
    scatter = off((factor, plus), kept)
    free = len(kept) - way.numbers
    sigma = sqrt(sum(one * one for one in scatter) / free)
    if sigma > rule["most_spread"]:
        return None
    students = learning("student")["t"]
    doubt = students[min(free, len(students)) - 1] * sigma
    mean = fmean(1 / point.activations for point in kept)
    square = sum((1 / point.activations - mean) ** 2 for point in kept) if way.numbers == SIDES else 0.0
    return Fit(Line(factor, plus, doubt, max(map(abs, scatter)), len(kept), mean, square), tuple(kept))


def off(line: tuple[float, float], points: Points) -> list[float]:
    """How far each point lies off a line, as a share of what the line says."""
    factor, plus = line
    said = [factor * point.activations + plus for point in points]
    return [point.value / one - 1 if one > 0 else 1e9 for point, one in zip(points, said, strict=True)]


def agreeing(points: Points, shares: list[float]) -> list[Point]:
    """The points that lie near the middle of how far all lie off."""
    rule, middle = learning("agreement"), median(shares)
    usual = MAD_TO_SIGMA * median(abs(one - middle) for one in shares)
    allowed = max(rule["least_outlier"], rule["outlier"] * usual)
    return [point for point, one in zip(points, shares, strict=True) if abs(one - middle) <= allowed]


def spread_out(points: Points) -> bool:
    """Whether there are enough points of enough sizes for a factor and a constant at once."""
    rule: dict[str, Any] = learning("points")
    known = sizes(points)
    enough = bool(len(points) >= rule["fewest_line"] and len(known) >= rule["fewest_sizes"])
    return enough and bool(known[-1] / known[0] >= rule["least_range"])


def sizes(points: Points) -> tuple[float, ...]:
    """The law's activations of points, the least first; those that hardly differ count as one."""
    found: list[float] = []
    for size in sorted(point.activations for point in points):
        if not found or size > found[-1] * (1 + learning("reach")["same"]):
            found.append(size)
    return tuple(found)


def proportional(points: Points) -> tuple[float, float]:
    """The middle of what passes take over what the law says."""
    return median(point.value / point.activations for point in points), 0.0


def constant(points: Points) -> tuple[float, float]:
    """The middle of what passes take above what the law says."""
    return 1.0, median(point.value - point.activations for point in points)


def both(points: Points) -> tuple[float, float]:
    """The middle slope between points of two sizes, and the middle of what it leaves; by size, as shares."""
    one_each = middles(points)
    slopes = [
        (right.value / right.activations - left.value / left.activations)
        / (1 / right.activations - 1 / left.activations)
        for left, right in combinations(one_each, 2)
    ]
    plus = median(slopes)
    return median((point.value - plus) / point.activations for point in points), plus


def middles(points: Points) -> list[Point]:
    """The middle point of each size."""
    known = sizes(points)
    grouped: dict[float, list[Point]] = {size: [] for size in known}
    for point in points:
        grouped[known[bisect_right(known, point.activations) - 1]].append(point)
    return [
        msgspec.structs.replace(
            group[0],
            activations=median(point.activations for point in group),
            value=median(point.value for point in group),
        )
        for group in grouped.values()
    ]


PROPORTIONAL, CONSTANT, BOTH = Way(proportional), Way(constant), Way(both, SIDES)
