"""Show an edit model smaller reference pictures.

## What it does
Sets the size of the pictures that are shown beside the one that is made to the largest with which the
workflow runs, and to the largest with which it runs well.

## Why it helps
An edit model works on its reference pictures in each pass, as on the picture that it makes.

## Quality
Lossy: fine details of the references are lost. The result keeps its size.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import log2

from ... import facts
from ..bisect import mildest
from ..case import Case
from ..change import Change
from ..levers import Lever, hurting, levers

CODE = "smaller-references"
APPLICABILITY = "lossy"


def changes(case: Case) -> Iterator[Change]:
    """All numbers that set the size of references, and nothing else, by the same share."""
    each = [
        one
        for step in hurting(case)
        if step.shape and step.shape.reference
        for one in levers(case, step.node)
    ]
    found = {(one.written.node, one.written.input): one for one in each if one.sides == {"reference"}}
    rule = facts.table("sizes")["references"]
    areas = [one for one in found.values() if one.written.input.rpartition(".")[2] in rule["areas"]]
    if areas:
        yield from mildest(case, rule["shares"], lambda share: changed(areas, share))


def changed(areas: list[Lever], share: float) -> Change:
    """The change to a share of the pixels."""
    edits = [one.written.becoming(max(0.01, one.written.value * share)) for one in areas]
    count = "the reference picture" if len(edits) == 1 else f"{len(edits)} reference pictures"
    values = [f"{edit.value:g}" for edit in edits]
    return Change(
        title=f"Scale {count} to {' and '.join(dict.fromkeys(values))} megapixels",
        choice=f"{values[0]}MP",
        edits=tuple(edits),
        harm=round(facts.table("advice")["harm"]["references"] * log2(1 / share), 1),
        quality="fine details of the references are lost",
    )
