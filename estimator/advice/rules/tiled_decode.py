"""Decode in tiles.

## What it does
Replaces VAE Decode by VAE Decode (Tiled) where the decode does not fit, or only just.

## Why it helps
A tile needs a fraction of the memory of the whole picture. ComfyUI falls back to tiles by itself when a
decode runs out of memory; asking for them at once saves the failed attempt.

## Quality
Nearly lossless: tiles overlap, and seams are rarely seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ... import facts
from ...workflow.edits import Edit
from ..case import Case
from ..change import Change

CODE = "tiled-decode"
APPLICABILITY = "lossless"
TILED = "VAEDecodeTiled"


def defaults(class_type: str) -> dict[str, Any]:
    """A node type's widgets at their defaults."""
    inputs = facts.table("nodes/core")["nodes"][class_type]["inputs"]
    return {row["name"]: row["default"] for row in inputs if row.get("widget")}


def changes(case: Case) -> Iterator[Change]:
    """Every whole decode that is in trouble."""
    tight = {
        step.node
        for step in case.forecast.steps
        if step.kind == "decode" and (step.tiled or step.tight or step.verdict in ("oom", "spill"))
    }
    whole = [node for node in case.graph.of_type("VAEDecode") if node.id in tight]
    if whole:
        yield Change(
            title="Decode in tiles (VAE Decode (Tiled))",
            edits=tuple(Edit("replace", node.id, class_type=TILED, inputs=defaults(TILED)) for node in whole),
        )
