"""Subgraphs: which widgets inside a host shows as its own, and the values it gives them.

A widget is promoted where an input of the subgraph leads to it. Older files list promoted widgets in the
host's `proxyWidgets`; as the frontend does on loading, each becomes an input of the subgraph first.
"""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import Any

import msgspec

from ..errors import InputError
from .board import Board, Boards, Live, lay
from .everywhere import send_everywhere
from .promotion import find_port, give
from .ui import Slot, WidgetName, Workflow, layout
from .ungroup import Groups, open_groups, shape
from .widgets import Widget


def assemble(workflow: Workflow) -> tuple[Board, Boards]:
    """The outermost board and those of all subgraphs, with every host's widgets in place.

    Raises `InputError` for a subgraph that contains itself.
    """
    boards = {key: lay(sheet, workflow.definitions) for key, sheet in workflow.definitions.items()}
    root = lay(workflow.root, workflow.definitions)
    order = [*(boards[key] for key in innermost_first(boards)), root]
    for board in order:
        hosts = [node for node in board.nodes.values() if node.host]
        for host in hosts:
            furnish(host, boards[host.type])
        for host in hosts:
            settle(host, boards)
    groups = Groups(workflow)
    for board in order:
        shape(board.nodes.values(), groups)
        feed_primitives(board)
        sheet = workflow.definitions.get(board.id, workflow.root)
        send_everywhere(board, sheet.frames, board is root)
    open_groups(root, groups)
    return root, boards


def innermost_first(boards: Boards) -> list[str]:
    """The subgraphs, each after those it contains."""
    uses = {key: {node.type for node in board.nodes.values() if node.host} for key, board in boards.items()}
    try:
        return list(TopologicalSorter(uses).static_order())
    except CycleError as error:
        raise InputError("a subgraph contains itself", where=f"subgraph {error.args[1][0]}") from None


def furnish(host: Live, inner: Board) -> None:
    """Give a host a slot for each input of its subgraph, and a widget for each that leads to one."""
    links = {slot.name: slot.link for slot in host.slots}
    saved = host.saved.widgets_values if isinstance(host.saved.widgets_values, list) else []
    values, kept = iter(saved), quarantined(host.saved.properties)
    host.slots, host.widgets = [], {}
    for port in inner.inputs:
        widget = inner.promoted(port)
        name = WidgetName(port.name) if widget else None
        host.slots.append(Slot(port.name, port.type, links.get(port.name), name))
        if widget:
            value = next(values, widget.value)
            host.widgets[port.name] = Widget(kept.get(port.name, value))


def quarantined(properties: Any) -> dict[str, Any]:
    """Values of a host that the frontend could not give to a widget once, by the names of its inputs.

    It saves them in `proxyWidgetErrorQuarantine`, and they win over `widgets_values` ever after.
    """
    given = properties.get("proxyWidgetErrorQuarantine") if isinstance(properties, dict) else None
    found: dict[str, Any] = {}
    for one in given if isinstance(given, list) else ():
        entry = one.get("originalEntry") if isinstance(one, dict) and "hostValue" in one else None
        if isinstance(entry, list) and len(entry) > 1 and str(entry[0]) == layout().host_itself:
            found.setdefault(str(entry[1]), one["hostValue"])
    return found


def settle(host: Live, boards: Boards) -> None:
    """Give a host the values of the widgets that its `proxyWidgets` lists, in that list's order."""
    saved = host.saved.widgets_values if isinstance(host.saved.widgets_values, list) else []
    for number, entry in enumerate(entries(host.saved.properties)):
        port = find_port(host, entry, boards)
        if port is None:
            continue
        inner = boards[host.type].promoted(port)
        if port.name not in host.widgets and inner:
            host.widgets[port.name] = inner
        if number < len(saved) and saved[number] is not None and port.name in host.widgets:
            host.widgets[port.name] = Widget(saved[number])


def entries(properties: Any) -> list[list[str]]:
    """`proxyWidgets`: inner node, widget, and for a nested widget sometimes the node it is really in."""
    given = properties.get("proxyWidgets") if isinstance(properties, dict) else None
    if isinstance(given, str):
        try:
            given = msgspec.json.decode(given)
        except (msgspec.DecodeError, RecursionError):
            return []
    try:
        found = msgspec.convert(given or [], list[list[str]])
    except msgspec.ValidationError:
        return []
    return found if all(2 <= len(entry) <= 3 for entry in found) else []


def feed_primitives(board: Board) -> None:
    """Write each primitive's value into the widgets that it is linked to."""
    for node in board.nodes.values():
        if node.virtual != "primitive" or node.first_value is msgspec.UNSET or not node.outputs:
            continue
        wires = node.outputs[0].links or ()
        give([end for wire in wires if (end := board.end(str(wire)))], node.first_value)
