"""The values of a saved node's widgets, written where they lie: by place in `widgets_values`, or by name.

Which place belongs to a widget is found by trying: a mark is put there, and the widget that then shows it is
the one. So whatever `widgets.read_widgets` knows about a node type holds here too.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

from ...errors import InputError
from ..object_info import frontend
from ..ui import Saved, convert, layout
from ..widgets import Widget, read_widgets
from .sheet import Json

MARK = "\0here"
MOST = 256  # places of one node


def put(node: Json, name: str, value: Any) -> None:
    """Write the value of a node's widget. Raises `InputError` for a node without one of that name."""
    held = node.get("widgets_values")
    if isinstance(held, dict):
        held[name] = value
    else:
        put_by_place(node, name, value)
    note(node, name, value)


def put_by_place(node: Json, name: str, value: Any) -> None:
    """The same where values are told apart by their places; those that were not saved are filled in."""
    saved = convert(node, Saved)
    values = list(node.get("widgets_values") or ())
    found = find(saved, values, name)
    if found is None:
        values = filled(saved, values)
        found = find(saved, values, name)
    if found is None:
        raise InputError(f"{node['type']} has no widget `{name}`", do="Change it in ComfyUI.")
    old = values[found]
    both = isinstance(old, dict) and isinstance(value, dict)
    values[found] = old | value if both else value
    node["widgets_values"] = values


def note(node: Json, name: str, value: Any) -> None:
    """Write the value into what newer frontends save beside the places: all values by their names."""
    names = node.get("widgets_values_named")
    if isinstance(names, dict):
        names[name] = value


def find(saved: Saved, values: list[Any], name: str) -> int | None:
    """The place of a widget."""
    for place in range(len(values)):
        if name in shown(saved, values, place):
            return place
    return None


def shown(saved: Saved, values: list[Any], place: int) -> dict[str, Any]:
    """The widgets that show what is put at a place, with what they show without."""
    old = values[place] if place < len(values) else None
    mark = {**old, MARK: True} if isinstance(old, dict) else MARK
    tried = [*values[:place], mark, *values[place + 1 :]]
    before = read_widgets(replace(saved, widgets_values=values))
    after = read_widgets(replace(saved, widgets_values=tried))
    return {
        name: before.get(name, Widget()).value
        for name, widget in after.items()
        if widget.value == MARK or (isinstance(widget.value, dict) and MARK in widget.value)
    }


def filled(saved: Saved, values: list[Any]) -> list[Any]:
    """Values with those of all widgets that were not saved, as the frontend begins with them."""
    values = list(values)
    while len(values) < MOST and (found := shown(saved, values, len(values))):
        name, value = next(iter(found.items()))
        fixed = layout().control_values[0] if name == frontend("control")["place"] else None
        values.append(fixed if value is msgspec.UNSET else value)
    return values


def carry(node: Json, old: Saved, drops: tuple[str, ...]) -> None:
    """Give a node that became one of another class the values that it had, as far as it still has widgets."""
    kept = {name: one.value for name, one in read_widgets(old).items() if name not in drops}
    if isinstance(old.widgets_values, dict):
        node["widgets_values"] = {name: one for name, one in kept.items() if one is not msgspec.UNSET}
        return
    bare = replace(convert(node, Saved), widgets_values=[])
    node["widgets_values"] = filled(bare, [])
    for name, value in kept.items():
        own = name in read_widgets(convert(node, Saved))
        if own and value is not msgspec.UNSET:
            put_by_place(node, name, value)
    if isinstance(node.get("widgets_values_named"), dict):
        node["widgets_values_named"] = by_name(node)


def by_name(node: Json) -> dict[str, Any]:
    """All values of a node by their names."""
    found = read_widgets(convert(node, Saved))
    return {name: one.value for name, one in found.items() if one.value is not msgspec.UNSET}
