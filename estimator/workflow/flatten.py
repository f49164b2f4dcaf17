"""From a workflow to the graph that the frontend would send: subgraphs opened, links followed up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec.structs import replace

from ..errors import InputError
from .board import Board, Boards, Live
from .definitions import definition
from .graph import Graph, Link, Node
from .subgraph import assemble
from .ui import Wire, Workflow, limit, whole
from .widgets import Widget, is_control
from .wires import Input, Known, Place, reach


def flatten(workflow: Workflow) -> Graph:
    """The nodes that the server would be sent, in the prompt's order.

    Raises `InputError` for a subgraph that contains itself, a link to nothing, and too many nodes.
    """
    root, boards = assemble(workflow)
    found: dict[str, tuple[Place, Live]] = {}
    for place, node in walk(Place(root), boards):
        found[place.path + node.id] = (place, node)
        if len(found) > limit("nodes"):
            raise InputError(f"more than {limit('nodes')} nodes once its subgraphs are expanded")
    known: Known = {}
    nodes = {
        key: Node(key, node.type, inputs(place, node, boards, known), node.title, control(node))
        for key, (place, node) in sorted(found.items(), key=rank)
        if node.active and not node.virtual
    }
    return Graph({key: without_dangling(node, nodes) for key, node in nodes.items()})


def walk(place: Place, boards: Boards) -> Iterator[tuple[Place, Live]]:
    """Every node that is not a host, with its place. Only an outermost host's mode switches its nodes off."""
    if place.depth > limit("subgraph_depth"):
        raise InputError(f"subgraphs more than {limit('subgraph_depth')} deep", where=f"node {place.path}")
    nodes = list(place.board.nodes.values()) if place.outer else in_order(place.board)
    for node in nodes:
        if not node.host:
            yield place, node
        elif place.outer or node.active:
            yield from walk(place.inside(node, boards), boards)


def in_order(board: Board) -> list[Live]:
    """A board's nodes, each once all that it takes from are there, and of those the first that was so."""
    open_links = {key: sum(slot.link is not None for slot in node.slots) for key, node in board.nodes.items()}
    leaving: dict[str, list[Wire]] = {}
    for wire in board.wires.values():
        leaving.setdefault(str(wire.origin_id), []).append(wire)
    done = [key for key, count in open_links.items() if not count]
    for key in done:  # grows as it goes
        outputs = board.nodes[key].outputs
        place = {str(link): number for one in outputs for number, link in enumerate(one.links or ())}
        for wire in sorted(
            leaving.get(key, ()), key=lambda one: (one.origin_slot, place.get(str(one.id), 0))
        ):
            target = str(wire.target_id)
            if target in open_links:
                open_links[target] -= 1
                done += [target] if open_links[target] == 0 else []
    ready = dict.fromkeys(done)
    return [board.nodes[key] for key in (*ready, *(key for key in board.nodes if key not in ready))]


def rank(item: tuple[str, object]) -> tuple[bool, int]:
    """Whole numbers first and in their order, as JavaScript keeps an object's keys; the rest as they came."""
    number = whole(item[0])
    return number is None, number or 0


def inputs(place: Place, node: Live, boards: Boards, known: Known) -> dict[str, Any]:
    """A node's inputs: the values of its widgets, and over them what its links bring."""
    found = {
        name: widget.sendable()
        for name, widget in node.widgets.items()
        if widget.sent and widget.value is not msgspec.UNSET
    }
    for number, slot in enumerate(node.slots):
        reached = reach(Input(place, node, number), boards, known) if slot.link is not None else None
        if isinstance(reached, Link):
            found[slot.name] = reached
        elif isinstance(reached, Widget) and reached.value is not msgspec.UNSET:
            found[slot.name] = Widget(reached.value).sendable()
    return found


def control(node: Live) -> str:
    """What the node's control widget is set to, empty where it has none."""
    saved = node.saved.widgets_values
    if isinstance(saved, dict):
        values = list(saved.values())
    elif isinstance(saved, list) and definition(node.type) is None:
        values = saved
    else:
        values = [widget.value for widget in node.widgets.values() if not widget.sent]
    return next((str(value) for value in values if is_control(value)), "")


def without_dangling(node: Node, nodes: dict[str, Node]) -> Node:
    """A node less its links to nodes that are not sent."""
    gone = [name for name, link in node.links().items() if link.node not in nodes]
    kept = {name: value for name, value in node.inputs.items() if name not in gone}
    return replace(node, inputs=kept) if gone else node
