"""Switches of a workflow that turn its own distilled LoRAs on: where they are, and where they are written."""

from __future__ import annotations

from typing import Any

from .. import facts
from ..workflow.graph import Link, Node
from .case import Case
from .names import tells


def switches(case: Case) -> dict[tuple[str, str], tuple[str, ...]]:
    """The distilled LoRAs behind switches that are off, by node and input where the truth is written."""
    wires = facts.table("distilled")["wires"]
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for node in case.graph.of_type(wires["choice"]):
        lora = lora_behind(case, node.inputs.get(wires["chosen"]), wires)
        at = written(case, node, wires)
        if lora and at:
            found[at] = (*found.get(at, ()), lora)
    return found


def lora_behind(case: Case, link: Any, wires: dict[str, Any]) -> str:
    """The distilled LoRA that a link comes from, through other LoRAs; empty where there is none."""
    seen: set[str] = set()
    while isinstance(link, Link) and link.node not in seen:
        seen.add(link.node)
        node = case.graph.nodes[link.node]
        name = node.inputs.get(wires["loras"].get(node.class_type, ""), "")
        if isinstance(name, str) and name and tells(name):
            return name
        link = node.inputs.get("model")
    return ""


def written(case: Case, node: Node, wires: dict[str, Any]) -> tuple[str, str] | None:
    """Where the truth of a switch that is off is written; None if it is on, or worked out."""
    name = wires["asked"]
    value = node.inputs.get(name)
    if isinstance(value, Link):
        node = case.graph.nodes[value.node]
        name = wires["written"].get(node.class_type, "")
        value = node.inputs.get(name)
    return (node.id, name) if value is False else None
