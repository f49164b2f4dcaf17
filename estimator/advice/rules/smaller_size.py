"""Make it smaller.

## What it does
Sets width and height, or whatever they come from (megapixels, a longer side, the input picture), to the
largest size at the same aspect with which the workflow runs, and to the largest with which it runs well.
Sides stay multiples of what the model works in.

## Why it helps
What a model needs beside its weights grows with the pixels, that of a VAE too.

## Quality
Lossy: the result has fewer pixels. It never goes below half of the pixels that the model was trained on.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import log2

from ... import facts
from ...workflow.edits import Edit
from ...workflow.latents import latent_format
from ..bisect import mildest
from ..case import Case
from ..change import Change
from ..levers import hurting
from ..ways import MEGA, Way, rule, shares, ways

CODE = "smaller-size"
APPLICABILITY = "lossy"


def changes(case: Case) -> Iterator[Change]:
    """All sizes that steps in trouble follow, by the same share."""
    found = list(ways(case, hurting(case)))
    if not found:
        return
    sizes = shares(found[0], least_share(case, found[0]))
    yield from mildest(case, sizes, lambda share: changed(case, found, share))


def least_share(case: Case, way: Way) -> float:
    """The least share of the pixels that still is half of what the family was trained on."""
    load = case.loaded[way.step.components[0]] if way.step.components else None
    part = load.component if load else None
    shape, trained = way.step.shape, facts.table("sizes")["trained"]
    if part is None or shape is None:
        return 1.0
    cell = latent_format(part.latent).spatial
    usual = trained["families"].get(part.family, trained["default"]) * MEGA
    return float(rule()["least_share"] * usual / (shape.height * shape.width * cell * cell))


def changed(case: Case, found: list[Way], share: float) -> Change:
    """The change to a share of the sides."""
    edits = all_edits(case, found, share)
    choice, title = named(case, found[0], found[0].edits(case, share))
    others = len(edits) - max(1, len(found[0].levers))
    return Change(
        title=title,
        choice=choice,
        edits=tuple(edits),
        harm=round(2 * facts.table("advice")["harm"]["halved"] * log2(1 / share), 1),
        quality=f"{share * share:.0%} of the pixels",
        effects=(f"{others} other inputs follow",) if others else (),
    )


def all_edits(case: Case, found: list[Way], share: float) -> list[Edit]:
    """What all ways change, each input once."""
    each = [one for way in found for one in way.edits(case, share)]
    return list({(one.op, one.node, one.input): one for one in each}.values())


def named(case: Case, way: Way, edits: list[Edit]) -> tuple[str, str]:
    """A size in a word, and the change to it in a line."""
    if way.picture is not None:
        size, node = edits[0].inputs["megapixels"], case.graph.nodes[way.picture.node]
        which = f"the picture of {node.title or node.class_type} (node {node.id})"
        return f"{size:g}MP", f"Scale {which} to {size:g} megapixels first"
    now = [lever.written.value for lever in way.levers]
    then = {(one.node, one.input): one.value for one in edits}
    new = [then[lever.written.node, lever.written.input] for lever in way.levers]
    if len(new) == 2:
        return f"{new[0]}x{new[1]}", f"Make it {new[0]} x {new[1]} instead of {now[0]} x {now[1]}"
    name = way.levers[0].written.input.rpartition(".")[2]
    if name == "megapixels":
        return f"{new[0]:g}MP", f"Make it {new[0]:g} megapixels instead of {now[0]:g}"
    return f"{new[0]:g}", f"Make its {name.replace('_', ' ')} {new[0]:g} instead of {now[0]:g}"
