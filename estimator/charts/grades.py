"""The article's colours for a card's three keys, by the bounds of `data/charts/cards.toml`."""

from __future__ import annotations

from typing import Any

from .. import facts
from ..runtime.cards import works_in_ram

# A key's id, and what is read of a card for it.
KEYS = ("vram", "bandwidth", "compute")
# From the worst to the best; purple stands beside them.
ORDER = ("red", "yellow", "blue", "green", "purple")


def keys() -> dict[str, dict[str, Any]]:
    """The rows of the three keys by id."""
    return {row["id"]: row for row in facts.table("charts/cards")["key"]}


def grade(key: str, value: float | None, row: dict[str, Any]) -> str | None:
    """The grade of a card's row by one key, of which it has `value`; None where that is not known."""
    if row["status"] != "released":
        return None
    if set(keys()[key]["special"]) & set(kinds(row)):
        return "purple"
    return None if value is None else graded(key, value)


def graded(key: str, value: float) -> str:
    """The grade of an amount."""
    bounds: dict[str, float] = keys()[key]["from"]
    return [name for name in ORDER if value >= bounds.get(name, 0 if name == "red" else float("inf"))][-1]


def kinds(row: dict[str, Any]) -> list[str]:
    """What makes a card a special case, as the keys' rows name it."""
    other = row["vendor"] != "nvidia"
    return ["unified"] * works_in_ram(row) + ["no tensor cores of NVIDIA's"] * other
