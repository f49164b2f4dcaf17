"""What the measured passes of one setup teach of the laws that they were forecast by."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from statistics import median, stdev

from ..costs.corrected import learning
from ..costs.corrections import Correction, Pace, Reach, Taken
from ..units import Estimate
from .lines import agreeing, fits, sizes
from .measured import Point, failed, pace, taken
from .rows import Done


def corrections(points: Sequence[Done]) -> tuple[Correction, ...]:
    """The corrections that follow from nodes that ran on one setup, by the names of their laws.

    The order of the points does not matter. A law with too few of them, or whose points disagree, has none.
    """
    by_law: dict[str, list[Done]] = {}
    for one in points:
        if one.law:
            by_law.setdefault(one.law, []).append(one)
    found = (correction(law, by_law[law]) for law in sorted(by_law))
    return tuple(one for one in found if one.beside or one.seconds)


def correction(law: str, rows: Sequence[Done]) -> Correction:
    """What the rows of one law teach."""
    memory = [point for row in rows if (point := taken(row))]
    stops = [point for row in rows if (point := failed(row))]
    times = thinned([point for row in rows if (point := pace(row))])
    exact = thinned([point for point in memory if point.exact])
    beside = beside_weights(exact, [point for point in memory if not point.exact], stops)
    return Correction(law, len(exact), beside, seconds(times))


def beside_weights(exact: list[Point], bounds: list[Point], stops: list[Point]) -> Taken | None:
    """What passes take beside their weights, by passes that had room; the others only bound it."""
    if len(exact) < learning("points")["fewest"]:
        return None
    found = fits(exact)
    if not found:
        return None
    explained, most = {point for fit in found for point in fit.points}, learning("agreement")["plausible"]
    others = [point for point in exact if point not in explained and point.value <= most * point.activations]
    at_least = [*others, *(point for point in bounds if point.full)]
    return Taken(
        tuple(fit.line for fit in found),
        reach([point for point in exact if point in explained]),
        frontier(at_least, 1),
        frontier([*others, *bounds], -1),
        tuple(sorted({point.activations for point in stops})),
    )


def seconds(points: list[Point]) -> Pace | None:
    """How long passes take over what is forecast; None where too few were timed, or they disagree."""
    rule = learning("seconds")
    if len(points) < rule["fewest"]:
        return None
    middle = median(point.value for point in points)
    kept = agreeing(points, [point.value / middle - 1 for point in points])
    if len(kept) < max(rule["fewest"], len(points) * (1 - learning("agreement")["most_left_out"])):
        return None
    best = median(point.value for point in kept)
    sigma = stdev(point.value / best for point in kept)
    if sigma > rule["most_spread"]:
        return None
    students = learning("student")["t"]
    doubt = students[min(len(kept) - 1, len(students)) - 1] * sigma * sqrt(1 + 1 / len(kept))
    half = min(max(rule["least_share"], doubt), 1 - 1 / rule["most_ratio"])
    return Pace(Estimate(best * (1 - half), best, best * (1 + half), "measured"), reach(kept))


def reach(points: Sequence[Point]) -> Reach:
    """How far points lie apart."""
    batch, frames = sorted(point.batch for point in points), sorted(point.frames for point in points)
    return Reach(sizes(points), (batch[0], batch[-1]), (frames[0], frames[-1]))


def frontier(points: list[Point], sign: int) -> tuple[tuple[float, float], ...]:
    """Pairs of activations and bytes that no other says more than: the largest first for what was enough.

    What a smaller pass took a larger one takes too (`sign` 1); what a larger one had is enough (-1).
    """
    kept: list[tuple[float, float]] = []
    for size, value in sorted({(sign * point.activations, sign * point.value) for point in points}):
        if not kept or value > kept[-1][1]:
            kept.append((size, value))
    return tuple((sign * size, sign * value) for size, value in kept)


def thinned(points: list[Point]) -> list[Point]:
    """The points, or as many as bound the time, evenly from the least to the most."""
    most = learning("points")["most"]
    ordered = sorted(points)
    return ordered if len(ordered) <= most else ordered[:: -(-len(ordered) // most)]
