"""A subgraph's own inputs and outputs: made where a link has to pass, gone with the last that used them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, count
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from ..ui import layout
from .drawing import Drawing
from .follow import Loaded
from .sheet import Json, Sheet, list_of, listed

End = tuple[Any, int]  # a node's id, and the number of its output


def lead_out(drawing: Drawing, sheet: Sheet, origin: End, kind: Any) -> int:
    """The number of the subgraph's output that gives what `origin` does; a new one where none does."""
    for number, port in enumerate(sheet.ports("outputs")):
        if any(same(sheet, one, origin) for one in port.get("linkIds") or ()):
            return number
    number = add(drawing, sheet, "outputs", kind)
    sheet.connect(drawing.new_link(sheet), origin, (int(layout().subgraph_output), number), kind)
    return number


def lead_in(drawing: Drawing, outer: Sheet, host: Json, origin: End, kind: Any) -> int:
    """The number of the subgraph's input that takes what `origin` gives to its host; a new one where none."""
    sheet = drawing.sheets[str(host["type"])]
    slots = {slot.get("name"): slot for slot in listed(host, "inputs")}
    for number, port in enumerate(sheet.ports("inputs")):
        link = slots.get(port.get("name"), {}).get("link")
        if link is not None and same(outer, link, origin):
            return number
    number = add(drawing, sheet, "inputs", kind)
    drawing.changed.add(outer.id)
    outer.connect(drawing.new_link(outer), origin, (host["id"], len(host["inputs"]) - 1), kind)
    return number


def same(sheet: Sheet, link_id: Any, origin: End) -> bool:
    """Whether a link comes from there."""
    wire = sheet.wire(link_id)
    return wire is not None and (str(wire.origin_id), wire.origin_slot) == (str(origin[0]), origin[1])


def add(drawing: Drawing, sheet: Sheet, side: str, kind: Any) -> int:
    """A new input or output of a subgraph, on all of its hosts; its number."""
    ports = list_of(sheet.given, side)
    name = free(str(kind), [port.get("name") for port in ports])
    own = str(uuid5(NAMESPACE_URL, f"{sheet.id}/{side}/{name}"))
    ports.append({"id": own, "name": name, "type": kind, "linkIds": []})
    drawing.changed.add(sheet.id)
    link: Json = {"link": None} if side == "inputs" else {"links": []}
    for _, host in drawing.hosts(sheet.id):
        list_of(host, side).append({"name": name, "type": kind} | link)
    return len(ports) - 1


def free(name: str, taken: Iterable[Any]) -> str:
    """A name that is not taken, as the frontend makes one."""
    names: Iterator[str] = chain([name], (f"{name}_{number}" for number in count(1)))
    used = set(taken)
    return next(one for one in names if one not in used)


def release(drawing: Drawing, loaded: Loaded, sheet: Sheet, link_id: Any) -> None:
    """Cut a link; an input of the subgraph that then leads nowhere goes, and what led to it in turn."""
    wire = sheet.wire(link_id)
    sheet.cut(link_id)
    drawing.changed.add(sheet.id)
    if wire is not None:
        drop_idle(drawing, loaded, sheet, wire.origin_id, wire.origin_slot)


def drop_idle(drawing: Drawing, loaded: Loaded, sheet: Sheet, origin_id: Any, number: int) -> None:
    """Drop an input of a subgraph that no longer leads anywhere."""
    ports = sheet.ports("inputs")
    ours = str(origin_id) == layout().subgraph_input and 0 <= number < len(ports)
    if not ours or ports[number].get("linkIds"):
        return
    name = ports.pop(number).get("name")
    for wire in list(sheet.wires()):
        if str(wire.origin_id) == layout().subgraph_input and wire.origin_slot > number:
            sheet.move(wire.id, origin_slot=wire.origin_slot - 1)
    shown = drawing.shown(sheet.id, loaded)
    place = shown.index(name) if name in shown else None
    for outer, host in drawing.hosts(sheet.id):
        drop_slot(drawing, loaded, outer, host, name)
        listed = (host.get("properties") or {}).get("proxyWidgets")
        forget(host, None if listed else place, name)
    if place is not None:
        shown.pop(place)


def drop_slot(drawing: Drawing, loaded: Loaded, sheet: Sheet, node: Json, name: Any) -> None:
    """Take an input from a node, with the link that ends there."""
    slots = listed(node, "inputs")
    number = next((place for place, slot in enumerate(slots) if slot.get("name") == name), None)
    if number is None:
        return
    if slots[number].get("link") is not None:
        release(drawing, loaded, sheet, slots[number]["link"])
    slots.pop(number)
    for wire in list(sheet.wires()):
        if str(wire.target_id) == str(node["id"]) and wire.target_slot > number:
            sheet.move(wire.id, target_slot=wire.target_slot - 1)


def unlist(
    drawing: Drawing, sheet: Sheet, node_id: Any, kept: Iterable[str] = (), views: bool = False
) -> None:
    """Take a node's widgets, but those that it keeps, from what the hosts of its subgraph list as promoted.

    `views`: what it shows without being a value (a preview) stays too.
    """
    stays = set(kept)
    for _, host in drawing.hosts(sheet.id):
        given = (host.get("properties") or {}).get("proxyWidgets")
        listed: list[Any] = given if isinstance(given, list) else []
        for place in reversed(range(len(listed))):
            entry = listed[place]
            if not (isinstance(entry, list) and len(entry) > 1 and str(entry[0]) == str(node_id)):
                continue
            if entry[1] not in stays and not (views and str(entry[1]).startswith("$$")):
                del listed[place]
                forget(host, place, entry[1])


def forget(node: Json, place: int | None, name: Any) -> None:
    """Take a value from a node, by its place and its name."""
    held = node.get("widgets_values")
    if isinstance(held, list) and place is not None and place < len(held):
        del held[place]
    names = node.get("widgets_values_named")
    if isinstance(names, dict):
        names.pop(name, None)
