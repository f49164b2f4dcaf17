"""Where a link really comes from: past subgraphs, reroutes and bypassed nodes, to a node or a value."""

from __future__ import annotations

from typing import Any

import msgspec

from ..errors import InputError
from .board import Board, Boards, Live
from .graph import Link
from .ui import Wire, layout
from .widgets import Widget

RELINK = "Link it again."


class Place(msgspec.Struct, frozen=True, eq=False):
    """One use of a board: the outermost, or a subgraph's behind the node `host` at the place `outer`."""

    board: Board
    path: str = ""
    host: Live | None = None
    outer: Place | None = None
    depth: int = 0

    def inside(self, host: Live, boards: Boards) -> Place:
        """The place behind a host on this board; node ids there begin with `57:`."""
        return Place(boards[host.type], f"{self.path}{host.id}:", host, self, self.depth + 1)


class Input(msgspec.Struct, frozen=True, eq=False):
    """An input to follow further up, and the type that is wanted there where that is known already."""

    place: Place
    node: Live
    slot: int
    wanted: Any = None


# What inputs passed on the way were found to get, so that no stretch of links is followed twice.
Known = dict[tuple[str, str, int, str], Link | Widget | None]


def reach(start: Input, boards: Boards, known: Known) -> Link | Widget | None:
    """What an input gets: an output of a node, the value of a promoted widget, or nothing.

    Raises `InputError` for a link to nothing, and for links that lead in a circle.
    """
    at: Input | Link | Widget | None = start
    passed: dict[tuple[str, str, int, str], None] = {}
    while isinstance(at, Input):
        key = (at.place.path, at.node.id, at.slot, str(at.wanted))
        if key in passed:
            raise InputError("links lead in a circle", where=where(at), do="Remove one of them.")
        passed[key] = None
        at = known[key] if key in known else up(at, boards)
    known.update(dict.fromkeys(passed, at))
    return at


def up(at: Input, boards: Boards) -> Input | Link | Widget | None:
    """One step from an input towards its origin."""
    slot = at.node.slots[at.slot]
    if slot.link is None:
        return None
    wire = at.place.board.wires.get(str(slot.link))
    if wire is None:
        raise InputError(f"link {slot.link} is not in the file", where=where(at), do=RELINK)
    if str(wire.origin_id) == layout().subgraph_input:
        return out_of_subgraph(at, wire)
    return through(at.place, wire, slot.type if at.wanted is None else at.wanted, at, boards)


def out_of_subgraph(at: Input, wire: Wire) -> Input | Widget | None:
    """From a subgraph's input to the host's slot, or to the host's widget where nothing is linked to that."""
    place, number = at.place, wire.origin_slot
    if not place.host or not place.outer or not 0 <= number < len(place.board.inputs):
        raise InputError(f"the subgraph has no input {number}", where=where(at), do=RELINK)
    port = place.board.inputs[number]
    slot = place.host.slot_of(port.name)
    if slot is not None and place.host.slots[slot].link is not None:
        return Input(place.outer, place.host, slot)
    return place.host.widgets.get(port.name) or place.board.promoted(port)


def through(place: Place, wire: Wire, wanted: Any, at: Input, boards: Boards) -> Input | Link | None:
    """From a wire's origin: into subgraphs by their outputs, and past nodes that do not run."""
    while True:
        node, number = place.board.nodes.get(str(wire.origin_id)), wire.origin_slot
        if node is None:
            raise InputError(f"no node {wire.origin_id} to take it from", where=where(at), do=RELINK)
        if node.mode == layout().muted:
            return None
        if node.mode == layout().bypassed:
            slot = detour(node, number, wanted)
            return None if slot is None else Input(place, node, slot)
        if not node.host:
            return origin(place, node, number, wanted, at)
        place = place.inside(node, boards)
        inner = leaving(place.board, number, at)
        if inner is None:
            return None
        wire = inner
        if str(wire.origin_id) == layout().subgraph_input:  # an input led straight to an output
            return around(place, wire, wanted)


def leaving(board: Board, number: int, at: Input) -> Wire | None:
    """The wire inside a subgraph that one of its outputs ends."""
    if not 0 <= number < len(board.outputs):
        raise InputError(f"no output {number} of its subgraph to take it from", where=where(at), do=RELINK)
    wires = (board.wires.get(str(key)) for key in board.outputs[number].wires or ())
    return next((wire for wire in wires if wire), None)


def around(place: Place, wire: Wire, wanted: Any) -> Input | None:
    """The host's own input, where the subgraph hands it on untouched."""
    number = wire.origin_slot
    if not place.host or not place.outer or not 0 <= number < len(place.board.inputs):
        return None
    slot = place.host.slot_of(place.board.inputs[number].name)
    return None if slot is None else Input(place.outer, place.host, slot, wanted)


def origin(place: Place, node: Live, number: int, wanted: Any, at: Input) -> Input | Link | None:
    """The output of a node that runs, or what a node of the frontend's own hands on."""
    if not node.virtual:
        if not 0 <= number < max(len(node.outputs), 1):
            what = f"no output {number} of node {place.path}{node.id} to take it from"
            raise InputError(what, where=where(at), do=RELINK)
        return Link(place.path + node.id, number)
    if node.virtual in ("reroute", "set"):
        return Input(place, node, number, wanted) if 0 <= number < len(node.slots) else None
    return setter(place, node, wanted) if node.virtual == "get" else None


def setter(place: Place, getter: Live, wanted: Any) -> Input | None:
    """The input of the `set` node that a `get` node names, on its own board or one around it."""
    around: Place | None = place if getter.first_value else None
    while around:
        for node in around.board.nodes.values():
            if node.virtual == "set" and node.slots and node.first_value == getter.first_value:
                return Input(around, node, 0, wanted)
        around = around.outer
    return None


def detour(node: Live, number: int, wanted: Any) -> int | None:
    """The input that stands in for an output of a bypassed node: of the same number, or else of its type."""
    if wanted in ("*", ""):
        return number if 0 <= number < len(node.slots) else 0 if node.slots else None
    if not 0 <= number < len(node.outputs):
        return None
    given = node.outputs[number].type
    kinds = [slot.type for slot in node.slots]
    fit = [index for index, kind in enumerate(kinds) if fits(kind, given) and fits(kind, wanted)]
    if number in fit:
        return number
    exact = [index for index, kind in enumerate(kinds) if kind == wanted]
    return next(iter(exact or fit), None)


def fits(one: Any, other: Any) -> bool:
    """Whether an output of one type may be linked to an input of the other; types may list several."""
    left, right = types(one), types(other)
    return not left or not right or bool(left & right)


def types(given: Any) -> set[str]:
    """The types that a slot names, none for one that takes anything."""
    names = set(str(given).lower().split(","))
    return set() if names & {"*", "", "0"} else names


def where(at: Input) -> str:
    """How an error names an input."""
    return f"node {at.place.path}{at.node.id}, input {at.node.slots[at.slot].name!r}"
