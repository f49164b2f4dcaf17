"""Node ids made unique across subgraphs, as the frontend does when it loads a workflow.

The ids of a prompt (`57:28`) are made of these, so that a copy of a node gets the id it would get there.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from .ui import Saved, Sheet, Wire, Workflow, whole


def unique(workflow: Workflow) -> Workflow:
    """`workflow` with every node id used once; new ones follow the highest that was ever used."""
    renamed, last = renames(workflow)
    if not any(renamed.values()):
        return workflow
    sheets = [rename(sheet, renamed) for sheet in workflow.definitions.values()]
    renamed_sheets = {sheet.id: sheet for sheet in sheets}
    return replace(workflow, root=rename(workflow.root, renamed), definitions=renamed_sheets, last_id=last)


def renames(workflow: Workflow) -> tuple[dict[str, dict[str, str]], int]:
    """By subgraph the new ids of nodes whose id another one has, and the highest id that was ever used.

    Ids of the outermost sheet stay, and so does the first use of any other.
    """
    used, last = set(workflow.root.nodes), workflow.last_id
    renamed: dict[str, dict[str, str]] = {}
    for sheet in workflow.definitions.values():
        names: dict[str, str] = {}
        for node_id in sheet.nodes:
            if node_id in used:
                last = following(last, used)
                names[node_id] = str(last)
            last = max(last, whole(node_id) or 0)
            used.add(names.get(node_id, node_id))
        renamed[sheet.id] = names
    return renamed, last


def following(last: int, used: set[str]) -> int:
    """The next number that no node has."""
    last += 1
    while str(last) in used:
        last += 1
    return last


def rename(sheet: Sheet, renamed: dict[str, dict[str, str]]) -> Sheet:
    """A sheet with its own nodes renamed, and what its hosts say about the nodes inside them."""
    names = renamed.get(sheet.id, {})
    nodes = [rename_node(node, names, renamed.get(node.type)) for node in sheet.nodes.values()]
    wires = {key: rename_wire(wire, names) for key, wire in sheet.wires.items()}
    return replace(sheet, nodes={str(node.id): node for node in nodes}, wires=wires)


def rename_wire(wire: Wire, names: dict[str, str]) -> Wire:
    """A wire between the renamed nodes."""
    ends = [names.get(str(end), end) for end in (wire.origin_id, wire.target_id)]
    return replace(wire, origin_id=ends[0], target_id=ends[1])


def rename_node(node: Saved, names: dict[str, str], inner: dict[str, str] | None) -> Saved:
    """A node under its new id; for a host, `inner` renames the nodes of its promoted widgets."""
    renamed = replace(node, id=names.get(str(node.id), node.id))
    promoted = node.properties.get("proxyWidgets") if isinstance(node.properties, dict) else None
    if not inner or not isinstance(promoted, list):
        return renamed
    entries = [rename_entry(entry, inner) for entry in promoted]
    return replace(renamed, properties={**node.properties, "proxyWidgets": entries})


def rename_entry(entry: Any, inner: dict[str, str]) -> Any:
    """A promoted widget: the inner node's id, and the widget's name."""
    if not isinstance(entry, list) or not entry:
        return entry
    return [inner.get(str(entry[0]), entry[0]), *entry[1:]]
