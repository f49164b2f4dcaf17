"""Whether an amended document stands for the graph that it should."""

from __future__ import annotations

from collections.abc import Container

from ..definitions import definition
from ..graph import Graph, Link, Node


def different(found: Graph, wanted: Graph, touched: Container[str]) -> str:
    """The first difference, in a few words; none is empty.

    A node of `touched` may have inputs more that are as its class has them by itself, and lack those that
    its class does not know.
    """
    if found.nodes.keys() != wanted.nodes.keys():
        ids = sorted(found.nodes.keys() ^ wanted.nodes.keys())
        return f"node {ids[0]} would be {'new' if ids[0] in found.nodes else 'gone'}"
    for key, node in wanted.nodes.items():
        is_so = found.nodes[key]
        if is_so.class_type != node.class_type:
            return f"node {key} would be a {is_so.class_type}"
        name = differing(is_so, node, key in touched)
        if name:
            return f"`{name}` of node {key} would be another"
    return ""


def differing(found: Node, wanted: Node, touched: bool) -> str:
    """The first input that differs."""
    row = definition(wanted.class_type) if touched else None
    rows = {one["name"]: one for one in row["inputs"]} if row else {}
    for name in dict.fromkeys((*wanted.inputs, *found.inputs)):
        if name not in found.inputs:
            unknown = bool(row) and name.split(".")[0] not in rows
            if not unknown:
                return name
        elif name not in wanted.inputs:
            own = rows.get(name, {}).get("default")
            if own is None or isinstance(found.inputs[name], Link) or found.inputs[name] != own:
                return name
        elif not alike(found.inputs[name], wanted.inputs[name]):
            return name
    return ""


def alike(one: object, other: object) -> bool:
    """Whether two values are one: a truth is no number, and what is not a number equals itself."""
    if isinstance(one, bool) != isinstance(other, bool):
        return False
    return one == other or (one != one and other != other)
