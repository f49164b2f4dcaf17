"""An API prompt to a graph: what is a link, what a value, and what is wrong with it."""

from __future__ import annotations

import re
from typing import Any

from ..errors import InputError
from .graph import Graph, Link, Node
from .ui import limit

Json = dict[str, Any]
DO = "Give a workflow saved by ComfyUI, its API export, or a file made by it."


def from_prompt(prompt: Json) -> Graph:
    """The graph of an API prompt.

    Raises `InputError` for a node without `class_type`, a link to nothing, and nodes that feed each other.
    """
    if len(prompt) > limit("nodes"):
        raise InputError(f"more than {limit('nodes')} nodes")
    given = {str(key): one for key, one in prompt.items()}
    return checked(Graph({key: node(key, one, given) for key, one in given.items()}))


def checked(graph: Graph) -> Graph:
    """`graph`, once its order is known to exist."""
    graph.order()
    return graph


def node(node_id: str, given: Any, prompt: Json) -> Node:
    """One node of a prompt."""
    class_type = given.get("class_type") if isinstance(given, dict) else None
    if not isinstance(class_type, str):
        raise InputError("a node without `class_type`", where=f"node {node_id}", do=DO)
    inputs, meta = given.get("inputs") or {}, given.get("_meta")
    if not isinstance(inputs, dict):
        raise InputError("`inputs` is not an object", where=f"node {node_id}", do=DO)
    title = meta.get("title") if isinstance(meta, dict) else None
    values = {
        str(name): value(one, prompt, f"node {node_id}, input {name!r}") for name, one in inputs.items()
    }
    return Node(node_id, class_type, values, title if isinstance(title, str) else "")


def value(given: Any, prompt: Json, where: str) -> Any:
    """An input's value, or its link: a list of a node's id and an output's number.

    A list that only looks like a link is a value, unless its first item can be nothing but a node's id.
    """
    if not looks_linked(given):
        return given
    target, slot = given[0], int(given[1])
    if target not in prompt:
        if re.fullmatch(r"\d+(:\d+)*", target):
            raise InputError(f"linked to node {target}, which is not there", where=where, do="Link it again.")
        return given
    if slot < 0:  # past the outputs that we know of is no error: a newer ComfyUI may have added one
        raise InputError(f"linked to output {slot} of node {target}, which has none such", where=where)
    return Link(target, slot)


def looks_linked(given: Any) -> bool:
    """Whether a value has the shape of a link."""
    if not isinstance(given, list) or len(given) != 2 or not isinstance(given[0], str):
        return False
    slot = given[1]
    if isinstance(slot, float):
        return slot.is_integer()
    return isinstance(slot, int) and not isinstance(slot, bool)
