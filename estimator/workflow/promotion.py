"""Widgets promoted the old way: which input of the subgraph an entry of `proxyWidgets` stands for.

Where there is none yet, the frontend makes one and links it to the widget; so do we.
"""

from __future__ import annotations

import re
from itertools import chain, count
from typing import Any

from msgspec.structs import replace

from .board import Board, Boards, Live
from .ui import Port, Wire, layout, limit
from .widgets import Widget

PREFIX = re.compile(r"(?:\s*\d+\s*:)+\s*")


def find_port(host: Live, entry: list[str], boards: Boards) -> Port | None:
    """The input that `entry` (inner node, widget) means, made where there is none; None without a widget."""
    inner = boards[host.type]
    node_id, name, nested = normal(inner, entry, boards)
    linked = next((port for port in inner.inputs if source(inner, port) == (node_id, name)), None)
    if linked:
        return linked
    node = inner.nodes.get(node_id)
    if node is None:
        own = (port for port in inner.inputs if port.name == name)
        return next(own, None) if node_id == layout().host_itself else None
    if node.virtual == "primitive":
        return replace_primitive(host, inner, node, name)
    if name.startswith("$$"):  # a preview, not a value
        return None
    slot = nested_slot(node, name, nested, boards) if node.host else node.slot_of_widget(name)
    return None if slot is None else new_port(inner, name, [(node, slot)])


def normal(inner: Board, entry: list[str], boards: Boards) -> tuple[str, str, str]:
    """An entry's node and widget, and the node further inside that some entries put before that."""
    node_id, name, nested = (*entry, "")[:3]
    if reaches_widget(inner, node_id, name, boards):
        return node_id, name, nested
    prefix = PREFIX.match(name)
    numbers = re.findall(r"\d+", prefix[0]) if prefix else []
    return node_id, name[prefix.end() if prefix else 0 :], numbers[-1] if numbers else nested


def reaches_widget(inner: Board, node_id: str, name: str, boards: Boards) -> bool:
    """Whether a name means a widget, followed through the subgraphs inside."""
    for _ in range(limit("subgraph_depth")):
        node = inner.nodes.get(node_id)
        if node is None or not node.host:
            return node is not None and name in node.widgets
        inner = boards[node.type]
        port = next((port for port in inner.inputs if port.name == name), None)
        found = source(inner, port) if port else None
        if found is None:
            return False
        node_id, name = found
    return False


def source(inner: Board, port: Port) -> tuple[str, str] | None:
    """The node and widget (for a host inside: its input) that an input of a subgraph leads to first."""
    for node, slot in inner.ends(port):
        if node.host:
            return node.id, slot.name
        if slot.widget and slot.widget.name in node.widgets:
            return node.id, slot.widget.name
    return None


def nested_slot(node: Live, name: str, nested: str, boards: Boards) -> int | None:
    """The input of a host inside that means a widget further inside."""
    inner = boards[node.type]
    for port in inner.inputs:
        found = source(inner, port)
        means = found == (nested, name) if nested else port.name == name or (found and found[1] == name)
        if means:
            return node.slot_of_widget(port.name)
    return None


def replace_primitive(host: Live, inner: Board, primitive: Live, name: str) -> Port | None:
    """The input that takes a primitive's place, under its title; `host` begins with the primitive's value."""
    if primitive.successor:
        return next((port for port in inner.inputs if port.name == primitive.successor), None)
    wires = primitive.outputs[0].links or () if primitive.outputs else ()
    ends = [end for wire in wires if (end := inner.end(str(wire)))]
    if not ends:
        return None
    named = primitive.title not in ("", primitive.type)
    port = new_port(inner, primitive.title if named else name, ends)
    primitive.successor = port.name
    host.widgets[port.name] = Widget(primitive.first_value)
    return port


def give(ends: list[tuple[Live, int]], value: Any) -> None:
    """Write a value into the widgets behind some inputs."""
    for node, slot in ends:
        widget = node.slots[slot].widget
        if widget and widget.name in node.widgets:
            node.widgets[widget.name] = replace(node.widgets[widget.name], value=value)


def new_port(inner: Board, name: str, ends: list[tuple[Live, int]]) -> Port:
    """A new input of a subgraph, linked to `ends` in place of what was linked there."""
    taken = {port.name for port in inner.inputs}
    names = chain([name], (f"{name}_{number}" for number in count(1)))
    free = next(one for one in names if one not in taken)
    port = Port(free, ends[0][0].slots[ends[0][1]].type, [f"{free}>{number}" for number in range(len(ends))])
    for wire_id, (node, slot) in zip(port.wires or (), ends, strict=True):
        inner.wires[str(wire_id)] = Wire(wire_id, layout().subgraph_input, len(inner.inputs), node.id, slot)
        node.slots[slot] = replace(node.slots[slot], link=wire_id)
    inner.inputs.append(port)
    return port
