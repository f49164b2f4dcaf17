"""Values of nodes in group nodes: at the group node where it shows them, else in what its type is made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from ...errors import InputError
from ..edits import Edit
from ..graph import Link
from ..group import Form
from ..ui import Saved, convert, layout
from ..ungroup import Groups
from ..widgets import fill
from .drawing import UNGROUP, Drawing
from .follow import Loaded
from .places import MARK, put
from .setting import Way
from .sheet import Json


def ways_in_group(loaded: Loaded, edit: Edit) -> Iterator[Way]:
    """What can be tried for a value of a node in a group node; nothing for any other node."""
    found = None if isinstance(edit.value, Link) else group_of(loaded, edit.node)
    if found is None:
        return
    host, kind, number, form = found
    shown = form.widgets.get((number, edit.input))
    if shown is not None:
        yield lambda drawing: write_shown(drawing, host, form, shown, edit.value)
    yield lambda drawing: write_inside(drawing, kind, number, edit)


def group_of(loaded: Loaded, key: str) -> tuple[str, str, int, Form] | None:
    """The group node that a node of the flat graph lies in, its type, and the number of the node there."""
    groups = Groups(loaded.workflow)
    for host in loaded.workflow.root.nodes.values():
        kind = host.type
        if kind.startswith(layout().old_group):
            kind = layout().group + kind.removeprefix(layout().old_group)
        form = groups.forms.get(kind)
        if form is None:
            continue
        start, size = groups.last, len(form.group.nodes)
        groups.last += size + 1
        for number in range(size):
            if key == f"{groups.last}:{start + number + 1}":
                return str(host.id), kind, number, form
    return None


def write_shown(drawing: Drawing, host: str, form: Form, name: str, value: Any) -> None:
    """Write a value at the group node."""
    _, node = drawing.find(host)
    values = list(node.get("widgets_values") or ())
    for place in range(len(values) + len(form.rows)):
        if place == len(values):
            now = dict(fill(form.row["inputs"], iter([*values, MARK])))
            told = next((key for key, one in now.items() if one.value == MARK), None)
            old = dict(fill(form.row["inputs"], iter(values)))
            default = old[told].value if told in old else None
            values.append(None if default is msgspec.UNSET else default)
        tried = [*values[:place], MARK, *values[place + 1 :]]
        if dict(fill(form.row["inputs"], iter(tried)))[name].value == MARK:
            node["widgets_values"] = [*values[:place], value, *values[place + 1 :]]
            return
    raise InputError(f"no widget `{name}`", where=f"node {host}")


def write_inside(drawing: Drawing, kind: str, number: int, edit: Edit) -> None:
    """Write a value in what all group nodes of a type consist of."""
    types = [str(node.get("type")) for sheet in drawing.sheets.values() for node in sheet.nodes]
    names = (kind, layout().old_group + kind.removeprefix(layout().group))
    if sum(one in names for one in types) > 1:
        raise InputError("several group nodes have it", where=f"node {edit.node}", do=UNGROUP)
    held: Json = drawing.document["extra"]["groupNodes"][kind.removeprefix(layout().group)]
    node = held["nodes"][number]
    given = node | {"id": number}
    convert(given, Saved)
    put(given, edit.input, edit.value)
    node.update({key: one for key, one in given.items() if key != "id"})
