"""Let dynamic VRAM have a model that torch compiles.

## What it does
Turns `disable_dynamic_vram` off where the node that compiles has it, or else takes the node away.

## Why it helps
TorchCompileModel takes its model from dynamic VRAM (from ComfyUI 0.15.1 on): its file is read into RAM once
more, and what of it is on the card does not give way to a step.

## Quality
Unchanged. What compiling saves in each step, after minutes for the first one, this forecast does not know.

## When it is left out
Where dynamic VRAM is off, or the version is older.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...workflow.edits import Edit
from ...workflow.graph import Node
from ..case import Case
from ..change import Change
from ..setup import table

CODE = "no-compile"
APPLICABILITY = "lossless"
WAY = "torch_compile"
WORDS = {"remove": "Remove", "set": "Turn disable_dynamic_vram off in"}


def changes(case: Case) -> Iterator[Change]:
    """All nodes that compile a model, where that takes it from the dynamic manager."""
    taken = any(WAY in one.taken for one in case.loaded.values())
    if not taken or not case.machine.policy.dynamic_vram:
        return
    rows = {row["class"]: row for row in table()["compiles"]}
    ids = [key for key in reversed(case.workload.order) if case.graph.nodes[key].class_type in rows]
    nodes = [case.graph.nodes[key] for key in ids]
    edits = [edit for node in nodes if (edit := freed(node, rows[node.class_type]))]
    if not edits:
        return
    kinds = {edit.op for edit in edits}
    first, *others = [said for op, words in WORDS.items() if (said := named(case, edits, op, words))]
    yield Change(
        " and ".join((first, *(one[0].lower() + one[1:] for one in others))),
        edits=tuple(edits),
        effects=("each step then runs without what torch.compile saves",) if "remove" in kinds else (),
    )


def named(case: Case, edits: list[Edit], op: str, words: str) -> str:
    """What is done with the nodes of one kind of edit; empty where there is none."""
    names = [f"{case.graph.nodes[one.node].class_type} (node {one.node})" for one in edits if one.op == op]
    return f"{words} {', '.join(names)}" if names else ""


def freed(node: Node, row: dict[str, Any]) -> Edit | None:
    """The edit that leaves the node's model to the dynamic manager; None where it does so already."""
    if "input" in row:
        return Edit("set", node.id, row["input"], False) if node.inputs.get(row["input"]) else None
    model = node.links().get("model")
    return Edit("remove", node.id, instead={0: model}) if model else None
