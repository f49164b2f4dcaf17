"""Group nodes opened: their inner nodes take their place, as when today's frontend loads the workflow.

It unpacks a group node and makes a subgraph of what came out, so the ids are those of nodes in a subgraph.
A group node's mode is lost on the way, and so is what a primitive or a reroute in it got from outside.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec.structs import replace

from ..errors import InputError
from .board import Board, Live, complete, live, typed
from .definitions import definition
from .group import Form, form_of
from .ui import Saved, Wire, Workflow, layout, limit, whole
from .widgets import fill
from .wires import fits


class Groups:
    """The form of each type of group node; one may be inside another that is defined after it."""

    def __init__(self, workflow: Workflow) -> None:
        """Work out every form."""
        sheets = [workflow.root, *workflow.definitions.values()]
        self.last = max([workflow.last_id, *(whole(key) or 0 for sheet in sheets for key in sheet.nodes)])
        self.forms: dict[str, Form] = {}
        for kind, group in workflow.groups.items():
            if form := form_of(group, self.forms):
                self.forms[kind] = form

    def form(self, node: Live) -> Form | None:
        """The form of a group node; None for any other node."""
        old = layout().old_group
        kind = layout().group + node.type.removeprefix(old) if node.type.startswith(old) else node.type
        return self.forms.get(kind)


def shape(nodes: Iterable[Live], groups: Groups) -> None:
    """Give each group node its own slots, widgets and outputs."""
    for node in nodes:
        if form := groups.form(node):
            saved = node.saved.widgets_values
            node.widgets = dict(fill(form.row["inputs"], iter(saved if isinstance(saved, list) else ())))
            node.slots = complete(node.slots, form.row, node.widgets)
            node.outputs = typed(node.outputs, form.row["outputs"])


def open_groups(board: Board, groups: Groups) -> None:
    """Replace each group node of the outermost board; one inside another, or in a subgraph, stays.

    Raises `InputError` for too many nodes or links.
    """
    opened: dict[str, tuple[list[Live], Form]] = {}
    links = 0
    for host in [node for node in board.nodes.values() if groups.form(node)]:
        form = groups.form(host)
        if form is None:
            continue
        inner = [live(one, host=False) for one in renumbered(form, groups.last)]
        shape(inner, groups)
        groups.last += len(inner) + 1
        for node in inner:
            node.id = f"{groups.last}:{node.id}"
        del board.nodes[host.id]
        board.nodes |= {node.id: node for node in inner}
        links += len(form.group.links)
        for what, count in (("nodes", len(board.nodes)), ("links", links)):
            if count > limit(what):
                raise InputError(f"more than {limit(what)} {what} once its groups are opened")
        join(board, inner, form)
        replug(board, host, inner, form)
        opened[host.id] = inner, form
    redirect(board, opened)


def renumbered(form: Form, last: int) -> list[Saved]:
    """A group's inner nodes, numbered on from the last id that was used."""
    return [replace(node, id=str(last + number)) for number, node in enumerate(form.group.nodes, 1)]


def replug(board: Board, host: Live, inner: list[Live], form: Form) -> None:
    """Hand a group node's values and links on to its inner nodes."""
    for (number, name), own in form.widgets.items():
        give(inner[number], name, host.widgets[own].value if own in host.widgets else msgspec.UNSET)
    for (number, name), place in form.sockets.items():
        slot = inner[number].slot_of(name)
        outer = board.wires.get(str(host.slots[place].link)) if within(place, host.slots) else None
        if slot is not None and outer:
            link(board, outer.origin_id, outer.origin_slot, inner[number], slot)


def redirect(board: Board, opened: dict[str, tuple[list[Live], Form]]) -> None:
    """Let what took a group node's outputs take those of its inner nodes; one that it has not is none."""
    for key, wire in list(board.wires.items()) if opened else ():
        if str(wire.origin_id) not in opened:
            continue
        inner, form = opened[str(wire.origin_id)]
        if within(wire.origin_slot, form.outputs):
            number, slot, _ = form.outputs[wire.origin_slot]
            board.wires[key] = replace(wire, origin_id=inner[number].id, origin_slot=slot)
        elif end := board.end(key):
            end[0].slots[end[1]] = replace(end[0].slots[end[1]], link=None)


def give(node: Live, name: str, value: object) -> None:
    """Set a widget of an inner node; a choice of a dynamic combo starts anew."""
    row = definition(node.type)
    own = next((one for one in row["inputs"] if one["name"] == name), None) if row else None
    if own and value is not msgspec.UNSET:
        kept = {key: one for key, one in node.widgets.items() if not key.startswith(f"{name}.")}
        node.widgets = kept | dict(fill([own], iter([value])))


def join(board: Board, inner: list[Live], form: Form) -> None:
    """Link a group's inner nodes to each other, where their types allow it."""
    for origin, number, target, slot in (one[:4] for links in form.by.values() for one in links):
        if within(origin, inner) and within(target, inner):
            given, taken = inner[origin].outputs, inner[target].slots
            fit = within(number, given) and within(slot, taken) and fits(given[number].type, taken[slot].type)
            if fit:
                link(board, inner[origin].id, number, inner[target], slot)


def within(place: int, listed: list[Any]) -> bool:
    """Whether a list has that place, counted from its beginning."""
    return 0 <= place < len(listed)


def link(board: Board, origin: object, number: int, node: Live, slot: int) -> None:
    """A new wire into an input, in place of what was linked there."""
    key = f"{node.id}<{slot}"
    board.wires[key] = Wire(key, str(origin), number, node.id, slot)
    node.slots[slot] = replace(node.slots[slot], link=key)
