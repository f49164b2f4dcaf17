"""Nodes that send what they take to every open input of its type: links that are drawn nowhere.

What each of them says of itself is in its `ue_properties`; types, priorities and their source are in
data/frontend.toml. A node without a title of its own goes by the name of its type here.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from .board import Board, Live
from .broadcast import Cast, accepting, casts_of, is_everywhere, properties, sends, settings
from .frames import Framed, framed, within_reason
from .object_info import frontend
from .pattern import Patterns
from .ui import Frame, Id, Slot, Wire, layout


def send_everywhere(board: Board, frames: list[Frame], outermost: bool) -> None:
    """Link each open input of a board, and each open output of a subgraph, to what is sent to it.

    Raises `InputError` where a workflow has more of that to compare than any real one.
    """
    senders = [node for node in board.nodes.values() if node.active and sends(node)]
    if not senders:
        return
    casts = by_type(senders, board, framed(board, frames))
    inputs = list(open_inputs(board, outermost))
    within_reason(len(inputs) * max(map(len, casts.values()), default=0), "nodes that send everywhere")
    for node, number in inputs:
        slot = node.slots[number]
        sent = best(casts.get(str(slot.type), []), node.id, node.title or node.type, slot)
        if sent:
            key = send(board, sent, f"{node.id}<{number}<", node.id, number)
            node.slots[number] = replace(slot, link=key)
    for number, port in enumerate(board.outputs):
        slot = Slot(port.name, port.type)
        linked = any(str(wire) in board.wires for wire in port.wires or ())
        sent = None if linked else best(casts.get(str(port.type), []), "", "", slot)
        if sent:
            key = send(board, sent, f"<{number}<", layout().subgraph_output, number)
            board.outputs[number] = replace(port, wires=[key])


def by_type(senders: list[Live], board: Board, frames: Framed) -> dict[str, list[Cast]]:
    """All that is sent, by the type of the inputs that it may go to."""
    patterns, casts = Patterns(), dict[str, list[Cast]]()
    for sender in senders:
        for cast in casts_of(sender, board, frames, patterns):
            for kind in {str(cast.type), "*"} if cast.to_any else {str(cast.type)}:
                casts.setdefault(kind, []).append(cast)
    return casts


def send(board: Board, cast: Cast, key: str, target: Id, number: int) -> str:
    """Draw the link; its id."""
    board.wires[key] = Wire(key, cast.origin, cast.slot, target, number)
    return key


def best(casts: list[Cast], node_id: str, title: str, slot: Slot) -> Cast | None:
    """What goes to an input: the highest priority, and nothing where two have it."""
    fit = [cast for cast in casts if cast.goes_to(node_id, title, slot)]
    highest = max((cast.priority for cast in fit), default=0)
    winners = [cast for cast in fit if cast.priority == highest]
    return winners[0] if len(winners) == 1 else None


def open_inputs(board: Board, outermost: bool) -> Iterator[tuple[Live, int]]:
    """The inputs that nothing is linked to and that accept what is sent; widgets must be marked for it."""
    for node in board.nodes.values():
        if is_everywhere(node) or properties(node).get("rejects_ue_links"):
            continue
        widgets, refused = accepting(node, outermost), settings(node).get("input_ue_unconnectable")
        closed = set(frontend("everywhere")["refused"].get(node.type, ()))
        closed |= {name for name, yes in refused.items() if yes} if isinstance(refused, dict) else set()
        for number, slot in enumerate(node.slots):
            is_open = slot.link is None or str(slot.link) not in board.wires
            if is_open and (slot.name in widgets if slot.widget else slot.name not in closed):
                yield node, number
