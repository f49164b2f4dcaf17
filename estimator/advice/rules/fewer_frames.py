"""Make fewer frames.

## What it does
Sets the length of a video, or the seconds that it comes from, to the most frames with which the workflow
runs, and to the most with which it runs well. The number stays one that the model works in (4n + 1, 8n + 1).

## Why it helps
What a video model needs beside its weights grows with the frames, and so does the RAM that they take.

## Quality
The video is shorter; its frames are as good as before.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import log2
from typing import Any

from ... import facts
from ...workflow import Step
from ...workflow.edits import Edit, apply
from ...workflow.latents import UNKNOWN, LatentFormat, latent_format
from ..bisect import mildest
from ..case import Case
from ..change import Change
from ..judge import GOOD, grade
from ..levers import Lever, covered, hurting, levers, moving, shape_of, together
from ..origin import strange

CODE = "fewer-frames"
APPLICABILITY = "lossy"


def changes(case: Case) -> Iterator[Change]:
    """The length that steps in trouble follow."""
    if grade(case.forecast) == GOOD:
        return
    if found := lever_of(case):
        for _, change in mildest(case, values(case, *found), lambda value: changed(case, *found, value)):
            yield change


def lever_of(case: Case) -> tuple[Step, Lever] | None:
    """The number that sets how many frames there are, and a step whose frames it sets.

    One that is also a rate of frames would change how fast things move.
    """
    seen = list[Edit]()
    for step in hurting(case)[: facts.table("sizes")["smaller"]["nodes"]]:
        if step.shape is None or step.shape.frames < 2 or (seen and covered(case, seen, step.node)):
            continue
        for lever in moving(levers(case, step.node), "frames"):
            if not strange(case.graph, lever.written):
                return step, lever
    return None


def values(case: Case, step: Step, lever: Lever) -> list[float]:
    """The numbers below that could be written, the largest first: frames as the model counts, or seconds."""
    now, each, rule = lever.written.value, per_frame(case, step, lever), facts.table("sizes")["smaller"]
    least = now * max(rule["least_frames_share"], min(1.0, rule["least_frames"] / frames_of(case, step)))
    if not each:
        unit = 1 if lever.written.whole else 0.5
        return [count * unit for count in range(int(now / unit), 0, -1) if least <= count * unit < now]
    shared = group(format_of(case, step))
    begin = int(now) - (int(now) - 1) % shared
    return [value for value in range(begin, 0, -shared) if least <= value < now]


def per_frame(case: Case, step: Step, lever: Lever) -> bool:
    """Whether a number counts frames, and not seconds."""
    assert step.shape is not None
    lost = (1 - lever.left["frames"]) * step.shape.frames * format_of(case, step).temporal
    return lever.written.whole and lost < 2 * (lever.written.value - lever.written.half)


def group(own: LatentFormat) -> int:
    """Frames that come and go together."""
    return own.groups[0] if own.groups else max(1, own.temporal)


def format_of(case: Case, step: Step) -> LatentFormat:
    """The latents of a step's model."""
    load = case.loaded.get(step.components[0]) if step.components else None
    return latent_format(load.component.latent) if load and load.component else UNKNOWN


def frames_of(case: Case, step: Step) -> int:
    """Frames that a step works on."""
    assert step.shape is not None
    return format_of(case, step).frames(step.shape.frames)


def changed(case: Case, step: Step, lever: Lever, value: float) -> Change:
    """The change to another length."""
    edits = together(case.graph, lever.written, value)
    shape = shape_of(case, apply(case.graph, edits), step.node)
    before, after = frames_of(case, step), format_of(case, step).frames(shape.frames) if shape else 1
    seconds = not per_frame(case, step, lever)
    unit: Any = "seconds" if seconds else "frames"
    return Change(
        title=f"Make {value:g} {unit} instead of {lever.written.value:g}",
        choice=f"{value:g}s" if seconds else f"{value:g}",
        edits=tuple(edits),
        harm=round(facts.table("advice")["harm"]["halved"] * log2(before / max(1, after)), 1),
        quality=f"{after} frames instead of {before}, each as good",
        effects=(f"{len(edits) - 1} other inputs follow",) if len(edits) > 1 else (),
    )
