"""Values that a node saves by name, and what old versions of its pack called them (data/frontend.toml)."""

from __future__ import annotations

from typing import Any

from .object_info import frontend
from .ui import Saved


def named(node: Saved) -> dict[str, Any] | None:
    """A node's values by their names of today; None for a node that saves them by their places."""
    saved, names = node.widgets_values, frontend("named")["lists"].get(node.type)
    if isinstance(saved, list) and names and len(saved) >= len(names):
        saved = {name: value for name, value in zip(names, saved, strict=False) if name}
    if not isinstance(saved, dict):
        return None
    renamed = frontend("named")["renamed"].get(node.type, {})
    found = {str(name): value for name, value in saved.items()}
    found |= {new: found[old] for new, old in renamed.items() if old in found and new not in found}
    return found | sized(found.get(frontend("named")["size"]))


def sized(given: Any) -> dict[str, Any]:
    """Width and height where one choice stood for both: `512x?`, or which of the two was switched on."""
    if not isinstance(given, str):
        return {}
    width, height = frontend("named")["sides"]
    sides = given.split("x")
    if len(sides) > 1:
        return {
            name: int(one) if one.isdecimal() else 0 for name, one in ((width, sides[0]), (height, sides[1]))
        }
    return {name: 0 for name in (width, height) if given in frontend("named")["off"][name]}
