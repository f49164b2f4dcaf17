"""A workflow as the frontend holds it once it is loaded: nodes with all their slots and named widgets.

The frontend edits what it loads (widgets promoted the old way become inputs of their subgraph, primitives
write into the widgets they feed), so these types alone can be changed in place.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from functools import cache
from typing import Any

import msgspec
from msgspec.structs import replace

from .. import facts
from .definitions import definition
from .ui import Output, Port, Saved, Sheet, Slot, WidgetName, Wire, layout
from .widgets import Widget, read_widgets


class Live(msgspec.Struct):
    """A node; for the host of a subgraph, slots and widgets are those of the subgraph's inputs."""

    id: str
    type: str
    mode: int
    title: str
    slots: list[Slot]
    outputs: list[Output]
    widgets: dict[str, Widget]
    saved: Saved
    host: bool = False
    successor: str = ""  # the subgraph input that took a primitive's place

    @property
    def active(self) -> bool:
        """Neither muted nor bypassed."""
        return self.mode not in (layout().muted, layout().bypassed)

    @property
    def virtual(self) -> str:
        """What it does in the frontend alone (data/frontend.toml), empty for a node that the server runs."""
        return virtual_types().get(self.type, "")

    @property
    def first_value(self) -> Any:
        """The first of its saved values."""
        saved = self.saved.widgets_values
        return saved[0] if isinstance(saved, list) and saved else msgspec.UNSET

    def slot_of(self, name: str) -> int | None:
        """The number of the input of that name."""
        return next((number for number, slot in enumerate(self.slots) if slot.name == name), None)

    def slot_of_widget(self, name: str) -> int | None:
        """The number of the input that a wire into the widget of that name would end at."""
        found = (number for number, slot in enumerate(self.slots) if slot.widget and slot.widget.name == name)
        return next(found, None)


class Board(msgspec.Struct):
    """One sheet: its nodes and wires by id, and for a subgraph its own inputs and outputs."""

    id: str
    nodes: dict[str, Live]
    wires: dict[str, Wire]
    inputs: list[Port]
    outputs: list[Port]

    def end(self, wire_id: str) -> tuple[Live, int] | None:
        """The node and the number of its input where a wire ends, by what the input itself says."""
        wire = self.wires.get(wire_id)
        node = self.nodes.get(str(wire.target_id)) if wire else None
        if node is None:
            return None
        for number, slot in enumerate(node.slots):
            if slot.link is not None and str(slot.link) == wire_id:
                return node, number
        return None

    def ends(self, port: Port) -> Iterator[tuple[Live, Slot]]:
        """The nodes and inputs that one of this subgraph's inputs leads to."""
        for wire_id in port.wires or ():
            if found := self.end(str(wire_id)):
                yield found[0], found[0].slots[found[1]]

    def promoted(self, port: Port) -> Widget | None:
        """The first widget that one of this subgraph's inputs leads to: its value is the input's own."""
        for node, slot in self.ends(port):
            if slot.widget and slot.widget.name in node.widgets:
                return node.widgets[slot.widget.name]
        return None


Boards = dict[str, Board]


@cache
def virtual_types() -> dict[str, str]:
    """What each node type does that exists in the frontend alone."""
    rows = facts.table("frontend")["virtual"]
    kinds = ("note", "reroute", "primitive", "set", "get")
    return {name: kind for row in rows for kind in kinds for name in row.get(kind, ())}


def lay(sheet: Sheet, subgraphs: Container[str]) -> Board:
    """A sheet's nodes in full; the hosts of `subgraphs` get their slots when those are known."""
    nodes = {node_id: live(node, node.type in subgraphs) for node_id, node in sheet.nodes.items()}
    return Board(sheet.id, nodes, dict(sheet.wires), list(sheet.inputs), list(sheet.outputs))


def live(node: Saved, host: bool) -> Live:
    """One node in full."""
    row = definition(node.type)
    widgets = read_widgets(node)
    slots, outputs = list(node.inputs or ()), list(node.outputs or ())
    if row:
        slots, outputs = complete(slots, row, widgets), typed(outputs, row["outputs"])
    title = node.title if isinstance(node.title, str) else ""
    return Live(str(node.id), node.type, node.mode or 0, title, slots, outputs, widgets, node, host)


def complete(saved: list[Slot], row: dict[str, Any], widgets: dict[str, Widget]) -> list[Slot]:
    """All inputs of a node whose type we know: sockets, then widgets, then what grew as it was used.

    An input for a widget that the node has not is gone, link and all.
    """
    own = {slot.name: slot for slot in saved}
    known: dict[str, Slot] = {}
    for one in sorted(row["inputs"], key=lambda one: "widget" in one):
        if not one.get("grows"):
            name = one["name"]
            widget = WidgetName(name) if "widget" in one else None
            was = own.get(name, Slot())
            known[name] = Slot(name, one["type"], was.link, widget, was.label)
    grown = [slot for slot in saved if slot.name not in known]
    return [*known.values(), *remaining(iter(grown), widgets)]


def remaining(grown: Iterator[Slot], widgets: Container[str]) -> Iterator[Slot]:
    """Inputs that stay; the frontend takes others out while it goes through them, and so misses the next."""
    for slot in grown:
        gone = slot.widget and slot.widget.name not in widgets
        passed = next(grown, None) if gone else slot
        if passed:
            yield passed


def typed(saved: list[Output], types: list[str]) -> list[Output]:
    """Outputs with the types that the definition gives them."""
    old = saved + [Output()] * (len(types) - len(saved))
    known = zip(old, types, strict=False)
    return [one if one.type == kind else replace(one, type=kind) for one, kind in known] + old[len(types) :]
