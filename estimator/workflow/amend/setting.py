"""Ways to give an input another value: where it really lies, or else at the node itself, its link cut."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ...errors import InputError
from ..definitions import definition
from ..edits import Edit
from ..graph import Link
from ..ui import layout
from .drawing import UNGROUP, Drawing
from .follow import Loaded, Spot
from .places import note, put
from .ports import drop_idle, lead_in, lead_out, release
from .sheet import Json, Sheet, list_of, listed

Way = Callable[[Drawing], None]


def ways_to_set(loaded: Loaded, edit: Edit) -> Iterator[Way]:
    """What can be tried, the best first."""
    spots = loaded.spots(edit.node, edit.input)
    if isinstance(edit.value, Link):
        yield from ways_to_link(loaded, spots, edit.value)
        return
    later: list[Way] = []
    unsaved = [spot for spot in spots if spot.kind == "host" and not has_saved(loaded, spot)]
    if unsaved and unsaved[-1] is spots[-1]:
        yield writing(loaded, spots[0], edit.value, cut=False)
    for spot in reversed(spots):
        if spot.kind != "host":
            yield writing(loaded, spot, edit.value)
            continue
        held = loaded.place(spot.node)[1].saved.widgets_values
        for number in dict.fromkeys(loaded.host_places(spot.node, spot.widget)):
            there = isinstance(held, list) and number < len(held)
            way = writing_host(loaded, spot, number, edit.value)
            if there:
                yield way
            else:
                later.append(way)
    yield from later


def has_saved(loaded: Loaded, spot: Spot) -> bool:
    """Whether a host was saved with a value of its own for a widget."""
    held = loaded.place(spot.node)[1].saved.widgets_values
    places = loaded.host_places(spot.node, spot.widget)
    return isinstance(held, list) and any(number < len(held) for number in places)


def writing(loaded: Loaded, spot: Spot, value: Any, cut: bool = True) -> Way:
    """Write a value at the node itself, whatever was linked there, or in a primitive.

    `cut`: the link goes; without, the value is that which hosts show who have none of their own.
    """

    def way(drawing: Drawing) -> None:
        """Write it in a drawing."""
        sheet, node = drawing.find(spot.node)
        if spot.kind == "primitive":
            node["widgets_values"] = [value, *(node.get("widgets_values") or ())[1:]]
            note(node, spot.widget, value)
            return
        if cut:
            unlink(drawing, loaded, sheet, node, spot.widget)
            close(node, spot.widget)
        put(node, spot.widget, value)

    return way


def writing_host(loaded: Loaded, spot: Spot, number: int, value: Any) -> Way:
    """Write a value at the host that shows a widget as its own."""

    def way(drawing: Drawing) -> None:
        """Write it in a drawing."""
        sheet, host = drawing.find(spot.node)
        unlink(drawing, loaded, sheet, host, spot.widget)
        values = list(host.get("widgets_values") or ())
        orders = loaded.host_values(spot.node)
        now = next((one for one in orders if number < len(one)), [])
        values += now[len(values) : number + 1]
        values[number] = value
        host["widgets_values"] = values
        note(host, spot.widget, value)
        unquarantine(host, spot.widget, value)

    return way


def unquarantine(host: Json, name: str, value: Any) -> None:
    """Write a value over one that would win over it (`subgraph.quarantined`)."""
    properties = host.get("properties")
    given = properties.get("proxyWidgetErrorQuarantine") if isinstance(properties, dict) else None
    for one in given if isinstance(given, list) else ():
        held = isinstance(one, dict) and "hostValue" in one
        if held and one.get("originalEntry") == [layout().host_itself, name]:
            one["hostValue"] = value


def close(node: Json, name: str) -> None:
    """Close a widget to what other nodes send everywhere, where it was marked as open to it."""
    properties = node.get("properties")
    for held in (properties, properties.get("ue_properties") if isinstance(properties, dict) else None):
        marked = held.get("widget_ue_connectable") if isinstance(held, dict) else None
        if isinstance(marked, dict) and marked.get(name):
            marked[name] = False


def unlink(drawing: Drawing, loaded: Loaded, sheet: Sheet, node: Json, name: str) -> None:
    """Cut what is linked to an input."""
    for slot in list(listed(node, "inputs")):
        widget = slot.get("widget") or {}
        if name in (slot.get("name"), widget.get("name")) and slot.get("link") is not None:
            release(drawing, loaded, sheet, slot["link"])


def ways_to_link(loaded: Loaded, spots: list[Spot], link: Link) -> Iterator[Way]:
    """Link the input to another output: at the host that hands it in, where that lies no deeper than this."""
    inside = hosts_of(link.node)
    for spot in reversed(spots):
        own = hosts_of(spot.node)
        if spot.kind == "own" or (spot.kind == "host" and own[: len(inside)] == inside):
            yield linking(loaded, spot, link)


def linking(loaded: Loaded, spot: Spot, link: Link) -> Way:
    """Link an output to an input, through the subgraphs that lie between them."""
    return lambda drawing: rewire(drawing, loaded, spot.node, spot.widget, link)


def rewire(drawing: Drawing, loaded: Loaded, key: str, name: str, link: Link) -> None:
    """Link an output to an input, both named as in the flat graph. Raises `InputError` for no such node."""
    sheet, node = drawing.find(key)
    origin, kind = brought(drawing, hosts_of(key), link)
    number = slot_of(loaded, key, node, name)
    slot = node["inputs"][number]
    before = sheet.wire(slot["link"]) if slot.get("link") is not None else None
    sheet.connect(drawing.new_link(sheet), origin, (node["id"], number), kind)
    if before is not None:
        drop_idle(drawing, loaded, sheet, before.origin_id, before.origin_slot)


def brought(drawing: Drawing, into: list[str], link: Link) -> tuple[tuple[Any, int], Any]:
    """An output as the sheet behind the hosts `into` knows it, and its type."""
    hosts, number = hosts_of(link.node), link.slot
    sheet = drawing.sheet_of(hosts)
    node = sheet.node(link.node.rpartition(":")[2]) if sheet else None
    if sheet is None or node is None:
        raise InputError("it lies in a group node", where=f"node {link.node}", do=UNGROUP)
    origin, kind = (node["id"], number), type_of(node, number)
    shared = common(hosts, into)
    while len(hosts) > shared and sheet:
        number = lead_out(drawing, sheet, origin, kind)
        host = hosts.pop()
        sheet = drawing.sheet_of(hosts)
        origin = (identity(sheet, host), number)
    for depth in range(shared, len(into)):
        outer = drawing.sheet_of(into[:depth])
        inner = outer.node(into[depth]) if outer else None
        if outer is None or inner is None:
            raise InputError("no such subgraph", where=f"node {':'.join(into)}")
        origin = (int(layout().subgraph_input), lead_in(drawing, outer, inner, origin, kind))
    return origin, kind


def identity(sheet: Sheet | None, node_id: str) -> Any:
    """A node's id as its sheet has it, a number or a text."""
    node = sheet.node(node_id) if sheet else None
    return node["id"] if node else node_id


def common(one: list[str], other: list[str]) -> int:
    """How many hosts two paths begin with alike."""
    pairs = zip(one, other, strict=False)
    return next((place for place, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def hosts_of(key: str) -> list[str]:
    """The hosts that a node of the flat graph lies behind."""
    return key.split(":")[:-1]


def type_of(node: Json, number: int) -> Any:
    """The type of a node's output."""
    row = definition(str(node["type"]))
    if row and number < len(row["outputs"]) and row["outputs"][number] != "*":
        return row["outputs"][number]
    given = node.get("outputs") or []
    return given[number].get("type", "*") if number < len(given) else "*"


def slot_of(loaded: Loaded, key: str, node: Json, name: str) -> int:
    """The number of a node's input as it was saved; one that was not is added."""
    slots = list_of(node, "inputs")
    for number, slot in enumerate(slots):
        if slot.get("name") == name:
            return number
    _, live = loaded.place(key)
    place = live.slot_of(name)
    if place is None:
        raise InputError(f"{live.type} has no input `{name}`", where=f"node {key}")
    known = live.slots[place]
    widget = {"widget": {"name": known.widget.name}} if known.widget else {}
    slots.append({"name": name, "type": known.type, "link": None} | widget)
    return len(slots) - 1
