"""Ids of the nodes that edits insert, and which edits are one: the same in every use of a subgraph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from ..edits import Edit
from ..graph import Link
from ..ui import Workflow
from .drawing import Drawing
from .sheet import Json

Names = dict[str, str]  # ids as edits have them, and as they are in the document


def names_for(document: Json, workflow: Workflow, edits: Sequence[Edit]) -> Names:
    """An id for each node that edits insert; the document's counters of ids move on."""
    drawing, names = Drawing(document), Names()
    numbers: dict[tuple[str, str], int] = {}
    for edit in edits:
        if edit.op == "insert":
            path, own = path_of(edit.node)
            sheet = drawing.sheet_of(path.split(":")[:-1])
            key = (sheet.id if sheet else path, own)
            if key not in numbers:
                numbers[key] = drawing.new_node(sheet or drawing.sheets[""])
            names[edit.node] = f"{path}{numbers[key]}"
    return names


def path_of(key: str) -> tuple[str, str]:
    """The hosts of a node with the colon behind them, and its own id."""
    hosts, colon, own = key.rpartition(":")
    return f"{hosts}{colon}", own


def named(edit: Edit, names: Names) -> Edit:
    """An edit with other ids."""

    def value(given: Any) -> Any:
        return Link(names.get(given.node, given.node), given.slot) if isinstance(given, Link) else given

    return replace(
        edit,
        node=names.get(edit.node, edit.node),
        value=value(edit.value),
        inputs={name: value(one) for name, one in edit.inputs.items()},
        feeds=tuple(replace(one, node=names.get(one.node, one.node)) for one in edit.feeds),
        instead={number: value(one) for number, one in edit.instead.items()},
    )


def twins(document: Json, edit: Edit, others: Sequence[Edit]) -> list[Edit]:
    """The edits among others that change the same node of the same subgraph alike, in its other uses."""
    drawing = Drawing(document)
    mine = local(drawing, edit)
    return [one for one in others if one.node != edit.node and mine[0] and local(drawing, one) == mine]


def local(drawing: Drawing, edit: Edit) -> tuple[str, Edit]:
    """The subgraph that an edit lies in, and the edit with the ids that nodes have there."""
    path, _ = path_of(edit.node)
    sheet = drawing.sheet_of(path.split(":")[:-1]) if path else None
    inside = [edit.node, *(one.node for one in edit.feeds)]
    inside += [
        one.node for one in (edit.value, *edit.inputs.values(), *edit.instead.values()) if is_link(one)
    ]
    names = {key: key.removeprefix(path) for key in inside if key.startswith(path)}
    return (sheet.id if sheet else "", named(edit, names))


def is_link(value: Any) -> bool:
    """Whether a value is a link."""
    return isinstance(value, Link)
