"""Enlarge it less.

## What it does
Sets a factor of enlarging (Upscale Latent By, Upscale Image By) to the largest with which what comes behind
it runs, and to the largest with which it runs well; an upscaler that samples in tiles gets smaller tiles.

## Why it helps
What works on the enlarged picture needs as much more as it has more pixels; what comes before stays as it is.

## Quality
Lossy: the result has fewer pixels. Smaller tiles keep them, and see less of the picture at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import log2

from ... import facts
from ...workflow.edits import Edit
from ..bisect import mildest
from ..case import Case
from ..change import Change
from ..levers import Lever, hurting, levers, moving

CODE = "smaller-upscale"
APPLICABILITY = "lossy"
STEP = 0.25  # factors that people set


def changes(case: Case) -> Iterator[Change]:
    """The tiles of the steps in trouble, else the factor before them."""
    steps = hurting(case)
    yield from tiles(case, [step.node for step in steps])
    names = facts.table("sizes")["enlarging"]["names"]
    each = (one for step in steps for one in moving(levers(case, step.node), "height", "width"))
    lever = next((one for one in each if one.written.input in names and one.written.value > 1 + STEP), None)
    if lever is not None:
        factors = [1 + STEP * count for count in range(round(lever.written.value / STEP), 0, -1)]
        below = [factor for factor in factors if factor < lever.written.value]
        yield from mildest(case, below, lambda factor: changed(lever, factor))


def changed(lever: Lever, factor: float) -> Change:
    """The change to another factor."""
    share = factor / lever.written.value
    return Change(
        title=f"Enlarge {factor:g} times instead of {lever.written.value:g}",
        choice=f"{factor:g}",
        edits=(lever.written.becoming(factor),),
        harm=round(2 * facts.table("advice")["harm"]["halved"] * log2(1 / share), 1),
        quality=f"{share * share:.0%} of the pixels",
    )


def tiles(case: Case, nodes: list[str]) -> Iterator[Change]:
    """Smaller tiles of the upscalers that sample in some."""
    rule = facts.table("sizes")["sampled_tiles"]
    sides = {
        (node, name): side
        for node in dict.fromkeys(nodes)
        for name in rule["inputs"]
        if isinstance(side := case.graph.nodes[node].inputs.get(name), int)
    }
    top = max(sides.values(), default=0)
    below = list(range((top - 1) // rule["step"] * rule["step"], rule["least"] - 1, -rule["step"]))
    yield from mildest(case, below, lambda side: tiled(sides, side))


def tiled(sides: dict[tuple[str, str], int], side: int) -> Change:
    """The change to tiles of one size."""
    return Change(
        title=f"Upscale in tiles of {side} pixels",
        choice=f"tiles-{side}",
        edits=tuple(Edit("set", *at, side) for at, now in sides.items() if now > side),
        harm=facts.table("advice")["harm"]["tiles_small"],
        quality="each tile sees less of the picture",
    )
