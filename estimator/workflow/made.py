"""Widgets that a pack's own script makes in the browser: no node definition tells of them."""

from __future__ import annotations

from typing import Any

from .object_info import frontend
from .ui import Saved


def made(node: Saved) -> dict[str, Any]:
    """The values of such widgets by their names (data/frontend.toml)."""
    row = frontend("made").get(node.type)
    saved = node.widgets_values
    if row is None or not isinstance(saved, list):
        return {}
    if "names" in row:
        return dict(zip(row["names"], saved, strict=False))
    objects = [one for one in saved if isinstance(one, dict) and row["key"] in one]
    given = node.properties.get(row["property"]) if isinstance(node.properties, dict) else None
    if given != row["shown"]:
        objects = [{key: value for key, value in one.items() if key != row["hidden"]} for one in objects]
    found: dict[str, Any] = dict(row["sends"])
    return found | {f"{row['name']}{number}": one for number, one in enumerate(objects, 1)}
