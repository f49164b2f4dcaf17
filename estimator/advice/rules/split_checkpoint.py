"""Load the parts of a checkpoint apart.

## What it does
Takes a checkpoint node away and loads the diffusion model, the text encoders and the VAE each by a node of
their own, from files that are published apart.

## Why it helps
Each part may then be a lighter file, or a GGUF, which a checkpoint node cannot load. The split by itself
saves nothing: ComfyUI loads and unloads the parts of a checkpoint one by one as well.

## Quality
That of the lighter file.

## When it is left out
Families of which not all parts are published as files.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ... import facts
from ...workflow.edits import Edit, Feed, apply, fresh
from ...workflow.graph import Graph
from ...workflow.values import Loaded
from ..case import Case
from ..change import Change
from ..ladder import Rung, rungs
from ..swap import Swap, absent, all_of, harm, lighter, loads_here, of_row, rule, whence
from ..uses import Use, uses

CODE = "split-checkpoint"
APPLICABILITY = "lossy"
ROLE = "diffusion_model"


def changes(case: Case) -> Iterator[Change]:
    """The lighter files of the diffusion model, the best first, each with the other parts as files."""
    known = facts.table("swaps")["split"]
    for use in uses(case, ROLE):
        loaded = use.of(ROLE)
        row = row_of(loaded, known)
        if not loaded or not row or any(one.class_type not in known["classes"] for one in use.loaders):
            continue
        apart = [Swap(use, loaded, one) for one in rungs(case, loaded) if one.folder != use.folder]
        found = lighter([one for one in apart if loads_here(one.rung.format, case.machine)])
        yield from (parted(case, one, row) for one in found[: rule()["most"]])


def row_of(loaded: Loaded | None, known: dict[str, Any]) -> dict[str, Any] | None:
    """What takes the place of a checkpoint node of this family; None where nothing does."""
    part = loaded.component if loaded else None
    return next((row for row in known["family"] if part and row["id"] == part.family), None)


def parted(case: Case, swap: Swap, row: dict[str, Any]) -> Change:
    """The change that loads one file, and the other parts beside it."""
    one = swap.rung
    own = (one.download,) if one.download else ()
    downloads = (*own, *absent(case, map(of_row, row["files"])))
    return Change(
        title=f"Load {one.file}, the text encoders and the VAE apart instead of {swap.use.file} "
        f"({whence(downloads)})",
        choice=one.file,
        edits=tuple(edits(case.graph, swap.use, one, row)),
        harm=harm(swap),
        quality=one.quality,
        effects=one.effects,
        downloads=downloads,
        needs=one.needs,
    )


def edits(graph: Graph, use: Use, one: Rung, row: dict[str, Any]) -> Iterator[Edit]:
    """A loader for each output that is used, and the checkpoint node gone."""
    slots = facts.table("swaps")["split"]["slots"]
    for node in use.loaders:
        for part, slot in slots.items():
            users = [(user, at) for user, at in graph.users_of(node.id) if user.links()[at].slot == slot]
            if feeds := [Feed(user.id, at) for user, at in users]:
                made = model(one) if part == "model" else row[part]
                new = fresh(graph, node.id)
                edit = Edit("insert", new, feeds=tuple(feeds), **made)
                graph = apply(graph, [edit])
                yield edit
        yield Edit("remove", node.id)


def model(one: Rung) -> dict[str, Any]:
    """The node that loads the diffusion model."""
    given = all_of(one.loader)
    name = next(iter(given))
    return {"class_type": one.loader, "inputs": given | {name: one.file}}
