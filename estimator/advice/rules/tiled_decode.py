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

from ...forecast import Forecast
from ...workflow.graph import Graph
from ..edits import Edit

CODE = "tiled-decode"
TITLE = "Decode in tiles (VAE Decode (Tiled))"
APPLICABILITY = "lossless"
# The node's own defaults (ComfyUI 0.33.0 nodes.py:343-378, and data/nodes/core.json).
TILES = {"tile_size": 512, "overlap": 64, "temporal_size": 64, "temporal_overlap": 8}


def edits(graph: Graph, forecast: Forecast) -> tuple[Edit, ...]:
    """Every whole decode that is in trouble."""
    tight = {
        step.node
        for step in forecast.steps
        if step.kind == "decode" and (step.tiled or step.tight or step.verdict in ("oom", "spill"))
    }
    return tuple(
        Edit("replace", node.id, class_type="VAEDecodeTiled", inputs=TILES)
        for node in graph.of_type("VAEDecode")
        if node.id in tight
    )
