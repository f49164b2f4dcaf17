"""Edits of a graph: what a suggestion changes, as data, and the graph after it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from .graph import Graph, Link, Node


class Feed(msgspec.Struct, frozen=True):
    """An input that takes output number `slot` of the node that an edit inserts."""

    node: str
    input: str
    slot: int = 0


class Edit(msgspec.Struct, frozen=True, omit_defaults=True):
    """One change of one node, named by its id in the flat graph.

    `set`: `input` becomes `value`, a literal or a `Link`. `replace`: its class becomes `class_type`, with
    `inputs` set, those of `drops` gone and the others kept; `outputs`: which output of the new class takes
    the place of one, where the numbers differ. `insert`: a new node of `class_type` with all of its `inputs`;
    the inputs of `feeds` take its outputs. `remove`: the node goes; who used an output takes what `instead`
    names for it, and else loses that input.
    """

    op: Literal["set", "replace", "insert", "remove"]
    node: str
    input: str = ""
    value: Any = None
    class_type: str = ""
    inputs: dict[str, Any] = {}
    drops: tuple[str, ...] = ()
    outputs: dict[int, int] = {}
    feeds: tuple[Feed, ...] = ()
    instead: dict[int, Link] = {}


def apply(graph: Graph, edits: Iterable[Edit]) -> Graph:
    """The graph after the edits, made in their order; the one given stays as it is."""
    nodes = dict(graph.nodes)
    for edit in edits:
        MADE[edit.op](nodes, edit)
    return Graph(nodes)


def fresh(graph: Graph, beside: str = "") -> str:
    """An id that no node of the graph has, in the subgraph that the node `beside` lies in."""
    inside = beside.rpartition(":")[0]
    own = [key.rpartition(":")[2] for key in graph.nodes if key.rpartition(":")[0] == inside]
    number = max((int(one) for one in own if one.isdecimal()), default=0) + 1
    return f"{inside}:{number}" if inside else str(number)


def set_input(nodes: dict[str, Node], edit: Edit) -> None:
    """Give one input another value."""
    node = nodes[edit.node]
    nodes[edit.node] = replace(node, inputs={**node.inputs, edit.input: edit.value})


def replace_node(nodes: dict[str, Node], edit: Edit) -> None:
    """Make a node one of another class."""
    node = nodes[edit.node]
    kept = {name: value for name, value in node.inputs.items() if name not in edit.drops}
    nodes[edit.node] = replace(node, class_type=edit.class_type, inputs={**kept, **edit.inputs})
    if edit.outputs:
        relink(nodes, edit.node, {old: Link(edit.node, new) for old, new in edit.outputs.items()}, keep=True)


def insert_node(nodes: dict[str, Node], edit: Edit) -> None:
    """Add a node, and let others take its outputs."""
    nodes[edit.node] = Node(edit.node, edit.class_type, dict(edit.inputs))
    for feed in edit.feeds:
        user = nodes[feed.node]
        nodes[feed.node] = replace(user, inputs={**user.inputs, feed.input: Link(edit.node, feed.slot)})


def remove_node(nodes: dict[str, Node], edit: Edit) -> None:
    """Take a node away; its users take other outputs, or nothing."""
    del nodes[edit.node]
    relink(nodes, edit.node, edit.instead, keep=False)


def relink(nodes: dict[str, Node], gone: str, instead: dict[int, Link], keep: bool) -> None:
    """Lead the links to outputs of `gone` elsewhere; those that `instead` does not name stay or are cut."""
    for key, node in nodes.items():
        cut = {name: link for name, link in node.links().items() if link.node == gone}
        if not cut:
            continue
        led = {name: instead.get(link.slot, link) for name, link in cut.items()}
        lost = () if keep else tuple(name for name, link in cut.items() if link.slot not in instead)
        inputs = {name: led.get(name, value) for name, value in node.inputs.items() if name not in lost}
        nodes[key] = replace(node, inputs=inputs)


MADE = {"set": set_input, "replace": replace_node, "insert": insert_node, "remove": remove_node}
