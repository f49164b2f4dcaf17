"""Edits of a graph: what a suggestion changes, as data, and the graph after it."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from ..workflow.graph import Graph


class Edit(msgspec.Struct, frozen=True, omit_defaults=True):
    """One change of one node: `set` an input to a value, or `replace` its class, other inputs kept."""

    op: Literal["set", "replace"]
    node: str
    input: str = ""
    value: Any = None
    class_type: str = ""
    inputs: dict[str, Any] = {}


def apply(graph: Graph, edits: tuple[Edit, ...]) -> Graph:
    """The graph after the edits; the one given stays as it is."""
    nodes = dict(graph.nodes)
    for edit in edits:
        node = nodes[edit.node]
        added = {edit.input: edit.value} if edit.op == "set" else edit.inputs
        nodes[edit.node] = msgspec.structs.replace(
            node, class_type=edit.class_type or node.class_type, inputs={**node.inputs, **added}
        )
    return Graph(nodes)
