"""Restore a video in parts.

## What it does
Splits the latent before SeedVR2's sampler into parts of as many frames as fit (Split SeedVR2 Latent), and
puts them together behind it (Merge SeedVR2 Latents).

## Why it helps
SeedVR2 works on all frames at once, so that what it needs grows with the length of the video.

## Quality
Lossy: parts share one latent frame, over which one fades into the next; beyond that they do not see each
other.

## When it is left out
For pictures, for videos that are split already, and before ComfyUI 0.28.0.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ... import facts
from ...runtime.policy import version
from ...workflow import Step
from ...workflow.edits import Edit, Feed, apply, fresh
from ...workflow.graph import Link
from ...workflow.latents import latent_format
from ...workflow.lower import before
from ...workflow.values import Latent
from ..bisect import mildest
from ..case import Case
from ..change import Change
from ..levers import hurting

CODE = "chunked-video"
APPLICABILITY = "lossy"


def changes(case: Case) -> Iterator[Change]:
    """The sampler in trouble, in the longest parts that fit."""
    if version(case.machine.policy.comfy) < version(rule()["since"]):
        return
    found = [
        (step, latent)
        for step in hurting(case)
        if len(slots(case, step)) == 1 and (latent := latent_of(case, step))
    ]
    if found:
        frames = frames_of(case, found[0][0])
        least = max(rule()["least"], frames // rule()["most"])
        sizes = [size for size in range((frames - 2) // 4 * 4 + 1, 0, -4) if least <= size < frames]
        yield from mildest(case, sizes, lambda size: changed(case, *found[0], size))


def latent_of(case: Case, step: Step) -> Link | None:
    """The video that a step samples as one, if its model's can be split."""
    load = case.loaded.get(step.components[0]) if step.components else None
    part = load.component if load else None
    if part is None or part.comfy_class not in rule()["comfy_classes"] or frames_of(case, step) < 2:
        return None
    state, node = before(case.graph, case.library, step.node), case.graph.nodes[step.node]
    given = {name: state.value(node, name) for name in node.links()}
    return next((node.links()[name] for name, value in given.items() if isinstance(value, Latent)), None)


def frames_of(case: Case, step: Step) -> int:
    """Frames that a step works on, as the nodes count them."""
    load = case.loaded[step.components[0]]
    assert step.shape is not None
    own = latent_format(load.component.latent) if load.component else None
    made = latent_format(rule()["latent"])
    return made.frames(step.shape.frames) if own and own.dimensions == 3 else 1


def slots(case: Case, step: Step) -> set[int]:
    """The outputs of a sampler that others take: parts of only one of them can be merged behind it."""
    return {node.links()[name].slot for node, name in case.graph.users_of(step.node)}


def changed(case: Case, step: Step, latent: Link, size: int) -> Change:
    """The change to parts of so many frames."""
    parts = -(-(frames_of(case, step) - 1) // max(1, size - 1))
    return Change(
        title=f"Sample the video in parts of {size} frames ({rule()['split']})",
        choice=str(size),
        edits=tuple(inserted(case, step, latent, size)),
        harm=facts.table("advice")["harm"]["windows"],
        quality=f"{parts} parts that do not see each other, faded into each other",
    )


def inserted(case: Case, step: Step, latent: Link, size: int) -> Iterator[Edit]:
    """A node that splits before the sampler and its conditions, and one that merges behind it."""
    graph, chunks = case.graph, rule()
    split = fresh(graph, step.node)
    widgets = {"temporal_overlap": chunks["overlap"], "chunking_mode": "manual"}
    inputs = {"latent": latent, **widgets, "chunking_mode.frames_per_chunk": size}
    users = [(node, name) for node, name in graph.users_of(latent.node) if node.links()[name] == latent]
    feeds = tuple(
        Feed(node.id, name)
        for node, name in users
        if node.id == step.node or chunks["conditions"].get(node.class_type) == name
    )
    first = Edit("insert", split, class_type=chunks["split"], inputs=inputs, feeds=feeds)
    yield first
    made = {"latents": Link(step.node, slots(case, step).pop()), "temporal_overlap": Link(split, 1)}
    behind = tuple(Feed(node.id, name) for node, name in graph.users_of(step.node))
    merge = fresh(apply(graph, [first]), step.node)
    yield Edit("insert", merge, class_type=chunks["merge"], inputs=made, feeds=behind)


def rule() -> dict[str, Any]:
    """The nodes that split and merge."""
    found: dict[str, Any] = facts.table("sizes")["chunks"]
    return found
