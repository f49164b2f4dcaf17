"""The settings of samplers: the edits that make one take few steps, wherever its steps are said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from .. import facts
from ..workflow.edits import Edit
from ..workflow.graph import Link, Node
from ..workflow.values import Step
from .case import Case
from .origin import number

BEHIND = ("guider", "sigmas", "select")  # inputs behind which another node says a part of the settings


class Few(msgspec.Struct, frozen=True):
    """What a distilled model is sampled with; `sampler` and `scheduler` stay as they are where empty."""

    steps: int
    cfg: float = 1.0
    sampler: str = ""
    scheduler: str = ""


def sampled(case: Case, keys: Iterable[str] = ()) -> list[Step]:
    """The steps that sample, of all diffusion models or of those with one of `keys`."""
    wanted = set(keys)
    return case.steps(
        lambda one: one.kind == "sample" and (not wanted or not wanted.isdisjoint(one.components))
    )


def evaluations(steps: Iterable[Step]) -> int:
    """How often models are evaluated in these steps, each condition for itself."""
    return sum(one.repeats * one.conditions + one.alone for one in steps)


def set_to(case: Case, steps: Iterable[Step], few: Few) -> tuple[Edit, ...] | None:
    """The edits that make these steps few; None where one of them is set in a way that nobody knows."""
    found: dict[tuple[str, str], Edit] = {}
    for key in dict.fromkeys(step.node for step in steps):
        parts = settings(case, case.graph.nodes[key], few)
        if parts is None:
            return None
        for node, row in parts:
            for edit in edits(case, node, row, few):
                found[edit.node, edit.input] = edit
    return tuple(found.values())


def settings(case: Case, node: Node, few: Few) -> list[tuple[Node, dict[str, str]]] | None:
    """The nodes that say how one sampler samples, each with its row; None where one has none."""
    rows = facts.table("distilled")["sampler"]
    row = rows.get(node.class_type)
    if row is None:
        return None
    found = [(node, row)]
    for name in BEHIND:
        link = node.inputs.get(row.get(name, ""))
        other = case.graph.nodes[link.node] if isinstance(link, Link) else None
        if other and other.class_type in rows:
            found.append((other, rows[other.class_type]))
        elif name in row and (name != "select" or few.sampler):
            return None
    return found


def edits(case: Case, node: Node, row: dict[str, str], few: Few) -> Iterator[Edit]:
    """The edits of one of these nodes. A sampler's part of the steps stays the same part of fewer."""
    given: dict[str, Any] = {"steps": few.steps, "cfg": few.cfg}
    given |= {"sampler": few.sampler} if few.sampler else {}
    given |= {"scheduler": few.scheduler} if few.scheduler else {}
    for what, value in given.items():
        if what in row:
            yield Edit("set", node.id, row[what], value)
    before = number(case, case.graph, node.id, row["steps"]) if "start" in row else None
    for end in ("start", "end"):
        at = number(case, case.graph, node.id, row[end]) if before else None
        if before and at and at < before:
            yield Edit("set", node.id, row[end], max(1, round(at * few.steps / before)))
        elif before and at == before:
            yield Edit("set", node.id, row[end], few.steps)
