"""Let the model see a long video in windows.

## What it does
Puts the model's own node for context windows before each sampler in trouble, where the video is longer than
the window that the model was made for.

## Why it helps
A pass then works on one window, not on all frames.

## Quality
Lossy: windows overlap and are blended, but the first and the last do not see each other, so that things can
change from one to the next.

## When it is left out
For videos no longer than a window, for models without such a node or with conditions that have a length of
their own (VACE, Animate, SCAIL, S2V), and in versions of ComfyUI before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ... import facts
from ...runtime.policy import version
from ...workflow import Step
from ...workflow.definitions import definition
from ...workflow.edits import Edit, Feed, apply, fresh
from ...workflow.graph import Link
from ...workflow.latents import latent_format
from ...workflow.lower import before
from ...workflow.state import State
from ...workflow.values import Guider, Model
from ..case import Case
from ..change import Change
from ..judge import FAILS
from ..levers import hurting

CODE = "context-windows"
APPLICABILITY = "lossy"


def changes(case: Case) -> Iterator[Change]:
    """All samplers in trouble whose video is longer than their model's window."""
    doubtful = {one.node for one in case.forecast.steps if one.tight or one.verdict in FAILS}
    steps = [step for step in hurting(case) if step.kind == "sample" and step.node in doubtful]
    long = [(step, row) for step in steps if (row := row_of(case, step))]
    for frames in sorted({frames for _, row in long for frames in row["windows"]}, reverse=True):
        edits = inserted(case, long, frames)
        if edits:
            yield Change(
                title=f"Sample the video in windows of {frames} frames ({edits[0].class_type})",
                choice=str(frames),
                edits=tuple(edits),
                harm=facts.table("advice")["harm"]["windows"],
                quality="things can change from one window to the next",
            )


def row_of(case: Case, step: Step) -> dict[str, Any] | None:
    """The row of the windows that are shorter than a step's video, in a version that has them."""
    load = case.loaded.get(step.components[0]) if step.components else None
    if load is None or load.component is None or step.shape is None:
        return None
    part, comfy = load.component, version(case.machine.policy.comfy)
    frames = latent_format(part.latent).frames(step.shape.frames)
    for row in facts.table("sizes")["windows"]:
        if part.comfy_class in row["classes"] and version(row["since"]) <= comfy:
            return {**row, "windows": [one for one in row["windows"] if one < frames]}
    return None


def inserted(case: Case, long: list[tuple[Step, dict[str, Any]]], frames: int) -> list[Edit]:
    """A node on each way by which a model comes to these samplers."""
    fed: dict[Link, dict[Feed, dict[str, Any]]] = {}
    for step, row in long:
        if frames in row["windows"]:
            state = before(case.graph, case.library, step.node)
            for feed, link in models_of(state, step.node):
                fed.setdefault(link, {})[feed] = row
    edits: list[Edit] = []
    for link, feeds in fed.items():
        row = next(iter(feeds.values()))
        node_id = fresh(apply(case.graph, edits), next(iter(feeds)).node)
        inputs = {"model": link, **widgets(row["node"]), "context_length": frames}
        edits.append(Edit("insert", node_id, class_type=row["node"], inputs=inputs, feeds=tuple(feeds)))
    return edits


def models_of(state: State, node_id: str) -> Iterator[tuple[Feed, Link]]:
    """The inputs by which a sampler gets its models, itself or by its guider."""
    node = state.graph.nodes[node_id]
    for name, link in node.links().items():
        value = state.value(node, name)
        if isinstance(value, Model) and not value.window:
            yield Feed(node_id, name), link
        elif isinstance(value, Guider):
            yield from models_of(state, link.node)


def widgets(class_type: str) -> dict[str, Any]:
    """A node type's widgets at their defaults."""
    rows = (definition(class_type) or {}).get("inputs", ())
    return {row["name"]: row["default"] for row in rows if row.get("widget") and "default" in row}
