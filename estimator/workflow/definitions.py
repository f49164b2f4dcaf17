"""Node definitions: the inputs, widgets and outputs of each node type (`data/nodes/core.json`)."""

from __future__ import annotations

from typing import Any

from .. import facts


def definition(class_type: str) -> dict[str, Any] | None:
    """A node type's row, None for types that are not known."""
    row: dict[str, Any] | None = facts.table("nodes/core")["nodes"].get(class_type)
    return row
