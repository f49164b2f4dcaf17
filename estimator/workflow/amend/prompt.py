"""Edits made in an API prompt, as it was saved."""

from __future__ import annotations

from typing import Any

from ...errors import InputError
from ..document import from_document
from ..edits import Edit, apply, fresh
from ..graph import Graph, Link, Node
from .rename import Names, named
from .sheet import Json


def edited(prompt: Json, edits: list[Edit]) -> Json:
    """The prompt after the edits; what they leave alone stays as it is."""
    before = from_document(prompt)
    edits = apart(before, edits)
    after = apply(before, edits)
    kept = {key: one for key, one in prompt.items() if key in after.nodes or not is_node(one)}
    for key, node in after.nodes.items():
        if before.nodes.get(key) is not node:
            kept[key] = changed(prompt.get(key) or {}, after, key)
    if from_document(kept).prompt() != after.prompt():
        raise InputError("the prompt would not be changed as it should", do="Make this change in ComfyUI.")
    return kept


def apart(graph: Graph, edits: list[Edit]) -> list[Edit]:
    """The edits with an id of its own for each node that they insert where another one has it already."""
    names: Names = {}
    taken = Graph(dict(graph.nodes))
    for edit in edits:
        if edit.op == "insert":
            if edit.node in taken.nodes:
                names[edit.node] = fresh(taken, edit.node)
            new = names.get(edit.node, edit.node)
            taken.nodes[new] = Node(new, edit.class_type, {})
    return [named(edit, names) for edit in edits]


def is_node(given: Any) -> bool:
    """Whether an entry of a prompt is a node."""
    return isinstance(given, dict) and "class_type" in given


def changed(given: Json, after: Graph, key: str) -> Json:
    """A node as a prompt has it; values that stayed are as they were."""
    node, old = after.nodes[key], given.get("inputs") or {}
    inputs = {
        name: [value.node, value.slot] if isinstance(value, Link) else value
        for name, value in node.inputs.items()
    }
    order = [*(name for name in old if name in inputs), *(name for name in inputs if name not in old)]
    return given | {"class_type": node.class_type, "inputs": {name: inputs[name] for name in order}}
