"""Where the value of an input may be changed: at the node itself, at a host that shows it, at a primitive."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

import msgspec

from ...errors import InputError
from ..board import Boards, Live
from ..promotion import find_port
from ..subgraph import assemble, entries
from ..ui import Workflow, layout
from ..wires import Input, Place, setter


class Spot(msgspec.Struct, frozen=True):
    """A widget whose value an input takes: the node by its id in the flat graph, and the widget's name."""

    kind: Literal["own", "host", "primitive"]
    node: str
    widget: str


class Loaded:
    """A workflow as the frontend holds it once it is loaded."""

    def __init__(self, workflow: Workflow) -> None:
        """Put its hosts together."""
        self.workflow = workflow

    @cached_property
    def assembled(self) -> tuple[Place, Boards]:
        """The outermost sheet as a place, and the boards of all subgraphs."""
        root, boards = assemble(self.workflow)
        return Place(root), boards

    def place(self, key: str) -> tuple[Place, Live]:
        """A node by its id in the flat graph, and the place that it is in. Raises `InputError` for none."""
        at, boards = self.assembled
        *hosts, last = key.split(":")
        for host in hosts:
            if host not in at.board.nodes or not at.board.nodes[host].host:
                break
            at = at.inside(at.board.nodes[host], boards)
        found = at.board.nodes.get(last) or at.board.nodes.get(key)
        if found is None:
            raise InputError("no such node in the workflow", where=f"node {key}")
        return at, found

    def spots(self, key: str, name: str) -> list[Spot]:
        """The widgets that give an input its value, or would if nothing else did; the node's own is first."""
        place, node = self.place(key)
        found = [Spot("own", key, name)]
        number = node.slot_of(name)
        at = None if number is None else Input(place, node, number)
        seen: set[tuple[str, str, int]] = set()
        while at and at.node.slots[at.slot].link is not None:
            step = (at.place.path, at.node.id, at.slot)
            if step in seen:
                break
            seen.add(step)
            at = self.above(at, found)
        return found

    def above(self, at: Input, found: list[Spot]) -> Input | None:
        """One step up from an input; what is passed on the way is added to `found`."""
        wire = at.place.board.wires.get(str(at.node.slots[at.slot].link))
        if wire is None:
            return None
        if str(wire.origin_id) == layout().subgraph_input:
            return out(at, wire.origin_slot, found)
        node = at.place.board.nodes.get(str(wire.origin_id))
        if node and node.virtual == "primitive":
            found.append(Spot("primitive", at.place.path + node.id, "value"))
        if node and node.virtual in ("reroute", "set") and wire.origin_slot < len(node.slots):
            return Input(at.place, node, wire.origin_slot)
        return setter(at.place, node, None) if node and node.virtual == "get" else None

    def host_places(self, key: str, port: str) -> list[int]:
        """The places in a host's `widgets_values` that may hold the value of one of its widgets."""
        _, host = self.place(key)
        boards = self.assembled[1]
        listed = [find_port(host, entry, boards) for entry in entries(host.saved.properties)]
        named = [number for number, one in enumerate(listed) if one and one.name == port]
        shown = [one.name for one in boards[host.type].inputs if boards[host.type].promoted(one)]
        return [*named, *([shown.index(port)] if port in shown else [])]

    def host_values(self, key: str) -> tuple[list[object], list[object]]:
        """A host's values as they are now: in the order of `proxyWidgets`, and of its subgraph's inputs."""
        _, host = self.place(key)
        boards = self.assembled[1]
        listed = [find_port(host, entry, boards) for entry in entries(host.saved.properties)]
        board = boards[host.type]
        shown = [one for one in board.inputs if board.promoted(one)]
        value = {name: widget.value for name, widget in host.widgets.items()}
        return [value.get(one.name) if one else None for one in listed], [
            value.get(one.name) for one in shown
        ]


def out(at: Input, number: int, found: list[Spot]) -> Input | None:
    """From a subgraph's input to the host, whose widget is one more spot."""
    place = at.place
    if not place.host or not place.outer or not 0 <= number < len(place.board.inputs):
        return None
    port = place.board.inputs[number].name
    found.append(Spot("host", place.outer.path + place.host.id, port))
    slot = place.host.slot_of(port)
    return None if slot is None else Input(place.outer, place.host, slot)
