"""Take away what does nothing.

## What it does
Removes ControlNets and image conditionings at strength 0, and loads a file once that two nodes load in
different types.

## Why it helps
At strength 0 such a node hands on what it was given, but what it asks for is loaded and worked out all the
same: the ControlNet's file, its preprocessor, an image encoder. One file in two types is two models.

## Quality
Unchanged, but that a model which was held in 8 bits by one of two nodes is then in its file's type.

## When it is left out
ComfyUI neither loads a LoRA at strength 0 nor runs a node whose outputs nobody takes: nothing is gained by
removing them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from ...workflow.edits import Edit
from ...workflow.graph import Link, Node
from ..case import Case
from ..change import Change
from ..setup import table

CODE = "drop-unused"
APPLICABILITY = "lossless"


def changes(case: Case) -> Iterator[Change]:
    """What is idle, then what is loaded twice."""
    place = {key: number for number, key in enumerate(case.workload.order)}
    idle = [(node, row) for row in table()["idle"] for node in idle_nodes(case, row)]
    # The last goes first: it hands on what an earlier one gives, which goes next.
    idle.sort(key=lambda one: -place[one[0].id])
    if idle:
        names = ", ".join(f"{node.class_type} (node {node.id})" for node, _ in idle)
        yield Change(
            f"Remove what has strength 0: {names}",
            "strength-0",
            tuple(removal(node, row) for node, row in idle),
        )
    typed = table()["typed"]
    widget = typed["type"]
    for name, nodes in twice(case, typed).items():
        kept = min((node.inputs[widget] for node in nodes), key=lambda held: held != typed["usual"])
        yield Change(
            f"Load {name} in one type ({widget} {kept})",
            f"once-{name}",
            tuple(Edit("set", node.id, widget, kept) for node in nodes if node.inputs[widget] != kept),
            effects=(f"what was sampled with it in another type comes out as in {kept}",),
        )


def idle_nodes(case: Case, row: dict[str, Any]) -> list[Node]:
    """The nodes of a row that run, and do nothing."""
    ran = set(case.workload.order)
    found = case.graph.of_type(*row["classes"])
    return [
        node
        for node in found
        if node.id in ran
        and node.inputs.get(row["input"]) == 0
        and all(isinstance(node.inputs.get(name), Link) for name in row["gives"])
    ]


def removal(node: Node, row: dict[str, Any]) -> Edit:
    """The edit that takes a node away and hands on what it was given."""
    links = node.links()
    return Edit("remove", node.id, instead={slot: links[name] for slot, name in enumerate(row["gives"])})


def twice(case: Case, typed: dict[str, Any]) -> dict[str, list[Node]]:
    """Files that several nodes load in different types."""
    file, widget = typed["file"], typed["type"]
    found: dict[str, list[Node]] = defaultdict(list)
    ran = set(case.workload.order)
    for node in case.graph.of_type(typed["class"]):
        if node.id in ran and isinstance(node.inputs.get(file), str) and widget in node.inputs:
            found[node.inputs[file]].append(node)
    return {
        name: nodes for name, nodes in found.items() if len({str(node.inputs[widget]) for node in nodes}) > 1
    }
