"""The form of a group node: which inputs, widgets and outputs of its inner nodes it shows, by what names.

Group nodes were there before subgraphs; today's frontend makes subgraphs of them as it loads a workflow.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any

import msgspec

from .board import virtual_types
from .definitions import definition
from .object_info import frontend
from .ui import Group, Saved, layout

Row = dict[str, Any]


class Form(msgspec.Struct):
    """What a group node shows.

    rows: its inputs by name, as definitions have them; sockets: an inner node's number and input, and the
    number of the group's own input that stands for it; widgets: an inner node's number and widget, and the
    name of the group's; outputs: the inner node, its output and the type, for each of the group's own.
    """

    group: Group
    to: dict[tuple[int, int], list[Any]]
    by: dict[tuple[int, int], list[list[Any]]]
    rows: dict[str, Row] = {}
    sockets: dict[tuple[int, str], int] = {}
    widgets: dict[tuple[int, str], str] = {}
    outputs: list[tuple[int, int, str]] = []
    seen: dict[str, int] = {}  # how often a name was asked for

    @property
    def row(self) -> Row:
        """The definition of the group as one node."""
        return {"inputs": list(self.rows.values()), "outputs": [kind for _, _, kind in self.outputs]}


def form_of(group: Group, groups: Container[str]) -> Form | None:
    """The form of a group; None where one of its nodes is of a type that nobody describes."""
    kinds = {node.type for node in group.nodes}
    if not all(definition(kind) or kind in virtual_types() or kind in groups for kind in kinds):
        return None
    form = Form(group, {}, {})
    for link in group.links:
        if len(link) >= 4 and all(isinstance(end, int) for end in link[:4]):
            form.to[link[2], link[3]] = link
            form.by.setdefault((link[0], link[1]), []).append(link)
    converted: list[tuple[int, Row]] = []
    for number in range(len(group.nodes)):
        if row := inner_row(form, number):
            converted += show_inputs(form, number, row["inputs"])
            show_outputs(form, number, row["outputs"])
    for number, one in converted:
        form.widgets[number, one["name"]] = show(form, number, one)
        form.sockets[number, one["name"]] = len(form.sockets)
    return form


def inner_row(form: Form, number: int) -> Row | None:
    """The definition of an inner node; None for one that shows nothing outside."""
    kind = form.group.nodes[number].type
    does = virtual_types().get(kind)
    if does is None:
        return definition(kind)
    if does == "primitive":
        return primitive_row(form, number)
    return reroute_row(form, number) if kind == layout().reroute else None


def primitive_row(form: Form, number: int) -> Row | None:
    """A primitive that feeds a widget: a value of its type, and what happens to it after a run."""
    fed = form.by.get((number, 0))
    if not fed:
        return None
    kind = str(fed[0][5]) if len(fed[0]) > 5 else "*"
    after = {"after": [frontend("control")["place"]]} if kind in frontend("control")["types"] else {}
    return {"inputs": [{"name": "value", "type": kind, "widget": True} | after], "outputs": [kind]}


def reroute_row(form: Form, number: int) -> Row | None:
    """A reroute that something outside is linked to: an input and an output named by their type."""
    into, out = form.to.get((number, 0)), form.by.get((number, 0), [])
    if into and out and not external(form, number, 0):
        return None
    nodes = form.group.nodes
    kinds: list[Any] = [slot_type(nodes, link[2], link[3]) for link in out]
    if not out and into:
        given = nodes[into[0]].outputs or () if 0 <= into[0] < len(nodes) else ()
        kinds = [given[into[1]].type] if 0 <= into[1] < len(given) else []
    elif not out:
        outside = (link[5] for link in form.group.links if len(link) > 5 and link[2] == number)
        kinds = [next(outside, "*"), external(form, number, 0)]
    kind = next((str(one) for one in kinds if one and one != "*"), "*")
    return {"inputs": [{"name": kind, "type": kind}], "outputs": [kind]}


def slot_type(nodes: list[Saved], number: int, slot: int) -> Any:
    """The type of an inner node's saved input."""
    slots = nodes[number].inputs or () if 0 <= number < len(nodes) else ()
    return slots[slot].type if 0 <= slot < len(slots) else "*"


def external(form: Form, number: int, slot: int) -> Any:
    """The type of an inner output that is shown though something inside takes it, or None."""
    given = (one for one in form.group.external if one[:2] == [number, slot])
    return next((one[2] for one in given if len(one) > 2), None)


def show_inputs(form: Form, number: int, rows: list[Row]) -> list[tuple[int, Row]]:
    """Show an inner node's widgets, then its sockets; the widgets that are inputs come after all nodes'."""
    slots = form.group.nodes[number].inputs or []
    names = [slot.name for slot in slots]
    converted = {slot.name: place for place, slot in enumerate(slots) if slot.widget}
    for one in rows:
        if one.get("widget") and one["name"] not in converted:
            form.widgets[number, one["name"]] = show(form, number, one)
    for place, one in enumerate(one for one in rows if not one.get("widget")):
        at = names.index(one["name"]) if one["name"] in names else place
        if (number, at) not in form.to:
            name = show(form, number, one, hideable=True)
            if name:
                form.sockets[number, one["name"]] = len(form.sockets)
    later = [(converted[one["name"]], one) for one in rows if one.get("widget") and one["name"] in converted]
    later.sort(key=lambda entry: entry[0])
    return [(number, one) for place, one in later if (number, place) not in form.to]


def show(form: Form, number: int, one: Row, hideable: bool = False) -> str:
    """Add an inner node's input to the group's and tell its name there, none where the user hid it."""
    node, custom = form.group.nodes[number], configured(form, number, "input", one["name"])
    labels = [slot.label for slot in node.inputs or () if slot.name == one["name"] and slot.label]
    name = key = str(custom.get("name") or (labels or [one["name"]])[0])
    titled = virtual_types().get(node.type) == "primitive" and node.title
    if titled or name in form.seen:
        prefix = f"{node.type if node.title is None else node.title} "
        name = key = prefix + one["name"]
        if name in form.seen:
            name = f"{prefix}{form.seen[name]} {one['name']}"
    form.seen[key] = form.seen.get(key, 1) + 1
    if hideable and custom.get("visible") is False:
        return ""
    form.rows[name] = one | {"name": name}
    return name


def show_outputs(form: Form, number: int, types: list[str]) -> None:
    """Show an inner node's outputs, less those that the user hid or that are used inside only."""
    for slot, kind in enumerate(types):
        inside = (number, slot) in form.by and not external(form, number, slot)
        visible = configured(form, number, "output", str(slot)).get("visible")
        if visible if visible is not None else not inside:
            form.outputs.append((number, slot, kind))


def configured(form: Form, number: int, side: str, name: str) -> Row:
    """What the user changed about an inner node's input or output: its `name`, whether it is `visible`."""
    found: Any = form.group.config
    for key in (str(number), side, name):
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}
