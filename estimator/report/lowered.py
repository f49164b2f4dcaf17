"""What `graph --steps` says: the steps that a workflow comes to, each with its networks, shape and passes."""

from __future__ import annotations

from typing import Any

import msgspec

from ..costs import Shape
from ..workflow import Step, Workload
from .paper import Paper

SCHEMA = 1


def steps(workload: Workload) -> dict[str, Any]:
    """The object that `graph --steps --json` prints.

    A step's `shape` is of one condition: latent units (batch, channels, frames, height, width), or (batch,
    height, width) in a vision tower's patches; `passes`: evaluations of all conditions.
    """
    return {
        "schema": SCHEMA,
        "steps": [step(one, workload) for one in workload.steps],
        "coverage": {
            "nodes": workload.nodes,
            "understood": workload.nodes - len(workload.unknown),
            "unknown": workload.unknown,
            "assumed": workload.assumed,
            "missing_files": workload.missing,
        },
    }


def step(one: Step, workload: Workload) -> dict[str, Any]:
    """One step."""
    return {
        "node": one.node,
        "class_type": one.class_type,
        "kind": one.kind,
        "components": [name(key, workload) for key in one.components],
        "loras": len(one.loras),
        "shape": shape(one.shape),
        "text_tokens": one.shape.text_tokens if one.shape else 0,
        "reference": one.shape.reference if one.shape else 0,
        "conditions": one.conditions,
        "passes": one.repeats * one.conditions + one.alone,
        "tile": [one.tile, one.tile_frames],
        "ram": one.output,
        "unknown": one.unknown,
    }


def shape(given: Shape | None) -> list[int]:
    """A shape: of a latent with channels and frames, of a picture without; nothing for a text."""
    if given is None or (given.text_tokens and not given.channels):
        return []
    latent = (given.channels, given.frames) if given.channels else ()
    return [given.batch, *latent, given.height, given.width]


def name(key: str, workload: Workload) -> str:
    """A component by its title, or by the file that was not understood."""
    load = workload.loaded[key]
    return load.component.title if load.component else load.file


def encode(workload: Workload) -> str:
    """The same object as JSON text."""
    return msgspec.json.encode(steps(workload)).decode()


def render(workload: Workload, width: int) -> str:
    """The steps as a table, and what was not understood under it."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("step", "node", "does", "with", "shape", "tokens", "passes"):
        table.add_column(title, justify="right" if title in ("tokens", "passes") else "left")
    for row in map(lambda one: step(one, workload), workload.steps):
        table.add_row(*cells(row))
    paper = Paper(width)
    paper.console.print(table)
    lines = paper.text().splitlines()
    lines += [f"Assumed: {one.reason} (node {one.node})." for one in workload.assumed]
    lines += [f"Not understood: {one.class_type} (node {one.node})." for one in workload.unknown]
    return "\n".join(lines)


def cells(row: dict[str, Any]) -> tuple[str, ...]:
    """One row of the table."""
    sides = "x".join(map(str, row["shape"])) or row["unknown"]
    sides += f" + {row['reference']} of references" if row["reference"] else ""
    loras = f" + {row['loras']} LoRA{'s' * (row['loras'] > 1)}" if row["loras"] else ""
    return (
        row["class_type"],
        row["node"],
        row["kind"],
        ", ".join(row["components"]) + loras,
        sides,
        str(row["text_tokens"] or ""),
        str(row["passes"]),
    )
