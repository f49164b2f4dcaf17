"""What of a workflow sets the size that a step works at, found by trying: which written number moves it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import msgspec

from .. import facts
from ..costs import Shape
from ..workflow import Graph, Step
from ..workflow.edits import Edit, apply
from ..workflow.graph import Link
from ..workflow.lower import before
from ..workflow.values import Image, Latent
from .case import Case
from .judge import FAILS, GOOD, SLOW, grade
from .origin import Written, origin, root, upstream

VAE_LAWS = ("decode", "encode")
SIDES = ("batch", "frames", "height", "width", "reference")


class Lever(msgspec.Struct, frozen=True):
    """A written number, and the share that is left of each side of a step's shape with half of it."""

    written: Written
    left: dict[str, float]

    @property
    def sides(self) -> frozenset[str]:
        """The sides that it moves."""
        return frozenset(self.left)


def hurting(case: Case) -> list[Step]:
    """The steps whose size is at fault: those that fail, else those in doubt, else all that sample.

    None where it runs well, or where only a VAE is in doubt, for which there are tiles.
    """
    said, now = case.forecast.steps, grade(case.forecast)
    failing = {one.node for one in said if one.verdict in FAILS}
    doubtful = {one.node for one in said if one.tight or one.tiled}
    nodes = failing or doubtful or {one.node for one in said if one.kind == "sample"}
    in_tiles = now == SLOW and bool(doubtful)
    found = case.steps(
        lambda step: step.node in nodes and step.shape is not None and not (in_tiles and step.law in VAE_LAWS)
    )
    return found[: facts.table("sizes")["smaller"]["nodes"]] if now != GOOD else []


def levers(case: Case, node_id: str) -> list[Lever]:
    """The numbers written before a node that move its step's shape, the nearest first."""
    key = ("levers", node_id)
    if key not in case.kept:
        case.kept[key] = found_levers(case, node_id)
    found: list[Lever] = case.kept[key]
    return found


def found_levers(case: Case, node_id: str) -> list[Lever]:
    """The same, found by halving each number."""
    now = shape_of(case, case.graph, node_id)
    if now is None:
        return []
    tried = ((one, tried_with(case, node_id, one)) for one in upstream(case.graph, [node_id]))
    found = [Lever(one, left(now, shape)) for one, shape in tried if shape is not None]
    return [one for one in found if one.left]


def tried_with(case: Case, node_id: str, one: Written) -> Shape | None:
    """The shape of a node's step with half of a written number."""
    return shape_of(case, apply(case.graph, [one.becoming(one.half)]), node_id)


def steps_of(case: Case, graph: Graph, node_id: str) -> list[Step]:
    """A node's steps of a size that is known."""
    state = before(graph, case.library, node_id)
    return [step for step in state.steps.get(state.twins[node_id], ()) if step.shape is not None]


def shape_of(case: Case, graph: Graph, node_id: str) -> Shape | None:
    """The shape of a node's first step; None where it is not known."""
    return next((step.shape for step in steps_of(case, graph, node_id)), None)


def left(now: Shape, after: Shape) -> dict[str, float]:
    """The share that is left of each side that is another."""
    pairs = ((side, getattr(now, side), getattr(after, side)) for side in SIDES)
    return {side: new / old for side, old, new in pairs if new != old and old}


def moving(found: Iterable[Lever], *sides: str) -> list[Lever]:
    """The levers that move just these sides; pictures beside the latent, which follow it, do not count."""
    return [one for one in found if one.sides - {"reference"} == set(sides)]


def together(graph: Graph, one: Written, value: float) -> list[Edit]:
    """The edits that write another number, in the other inputs too that are the same size by another name."""
    own = next((names for names in alike() if one.input in names), ())
    same = [
        (node.id, name)
        for node in graph.nodes.values()
        for name in own
        if node.inputs.get(name) == one.value and not isinstance(node.inputs[name], bool)
    ]
    edits = [one.becoming(value)]
    return edits + [Edit("set", *at, edits[0].value) for at in same if at != (one.node, one.input)]


@cache
def alike() -> tuple[frozenset[str], ...]:
    """Names of inputs that mean the same."""
    return tuple(frozenset(names) for names in facts.table("sizes")["alike"]["names"])


def covered(case: Case, edits: Iterable[Edit], node_id: str) -> bool:
    """Whether edits already give a node's step another shape."""
    return shape_of(case, apply(case.graph, edits), node_id) != shape_of(case, case.graph, node_id)


def pictures_before(case: Case, node_id: str) -> list[Link]:
    """The pictures that a step's size comes from, from the first one to that which is encoded or measured."""
    state, here = before(case.graph, case.library, node_id), node_id
    for _ in range(len(case.graph.nodes)):
        node = case.graph.nodes[here]
        given = {name: state.value(node, name) for name in node.links()}
        picture = next((name for name, value in given.items() if isinstance(value, Image)), "")
        latent = next((name for name, value in given.items() if isinstance(value, Latent)), "")
        if latent:
            here = node.links()[latent].node
        elif picture:
            link = node.links()[picture]
            return list(dict.fromkeys((root(state, link), link)))
        else:
            source = origin(case, here, "width")
            return [source.picture] if source and source.picture else []
    return []
