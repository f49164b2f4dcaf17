"""Let WanVideoWrapper swap blocks of its model.

## What it does
Inserts a WanVideoBlockSwap node before each WanVideo Model Loader that has none, with as many blocks as find
no room on the card.

## Why it helps
WanVideoWrapper moves its model onto the card whole, whatever else is there: ComfyUI's managers are not asked.
Blocks that are swapped wait in RAM and come to the card for their turn.

## Quality
Unchanged; the blocks' way to the card takes time in each step.

## When it is left out
For ComfyUI's own nodes, whose models stream by themselves, and where blocks are swapped already.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import ceil
from typing import Any

from ...forecast import Forecast
from ...models import Component
from ...workflow.edits import Edit, Feed, apply, fresh
from ...workflow.graph import Graph
from ..case import Case
from ..change import Change
from ..judge import FAILS
from ..setup import table

CODE = "block-swap"
APPLICABILITY = "lossless"


def changes(case: Case) -> Iterator[Change]:
    """As many blocks as stream once any of them may."""
    row = table()["block_swap"]
    models = {
        one.node: one.component
        for one in case.loaded.values()
        if one.whole and one.component and one.role == "diffusion_model" and swappable(case, one.node, row)
    }
    if not models or (case.forecast.verdict not in FAILS and not case.forecast.tight):
        return
    after = case.after(Change("", edits=inserts(case.graph, dict.fromkeys(models, 1), row))).forecast
    shares = {one.node: streamed_share(after, one.key) for one in case.loaded.values() if one.node in models}
    counts = {node: to_swap(part, shares[node], row) for node, part in models.items()}
    most = max(counts.values())
    if most:
        edits = inserts(case.graph, {node: most for node in models}, row)
        yield Change(f"Swap {most} blocks of the model ({row['class']})", str(most), edits)


def swappable(case: Case, node: str, row: dict[str, Any]) -> bool:
    """Whether a node is a loader that blocks can be swapped of, and none are."""
    loader = case.graph.nodes.get(node)
    if loader is None or loader.class_type not in row["loaders"]:
        return False
    return row["input"] not in loader.links()


def inserts(graph: Graph, counts: dict[str, int], row: dict[str, Any]) -> tuple[Edit, ...]:
    """A node for each loader, with so many blocks to swap."""
    edits: tuple[Edit, ...] = ()
    for node, count in counts.items():
        edit = Edit(
            "insert",
            fresh(apply(graph, edits), node),
            class_type=row["class"],
            inputs={row["count"]: count, **row["others"]},
            feeds=(Feed(node, row["input"]),),
        )
        edits += (edit,)
    return edits


def streamed_share(forecast: Forecast, key: str) -> float:
    """The most of a model's weights that stream in a pass, as a share of them all."""
    shares = [one.streamed / one.weights for one in forecast.steps if key in one.components and one.weights]
    return max(shares, default=0.0)


def to_swap(part: Component, share: float, row: dict[str, Any]) -> int:
    """How many blocks make up such a share of a model, and those to spare; at most all of them."""
    blocks: dict[str, int] = {}
    for module in part.modules:
        if found := re.match(r"blocks\.(\d+)\.", module.name):
            blocks[found[1]] = blocks.get(found[1], 0) + sum(one.nbytes for one in module.tensors)
    if not blocks or not share:
        return 0
    wanted = ceil(share * part.file_bytes / max(blocks.values())) + int(row["spare_blocks"])
    return min(len(blocks), wanted)
