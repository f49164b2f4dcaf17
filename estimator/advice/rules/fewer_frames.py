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

from ... import facts
from ...costs import Shape
from ...workflow import Step
from ...workflow.edits import apply
from ...workflow.latents import UNKNOWN, LatentFormat, latent_format
from ..bisect import mildest
from ..case import Case
from ..change import Change
from ..levers import Lever, hurting, levers, moving, shape_of, together
from ..origin import ends, strange

CODE = "fewer-frames"
APPLICABILITY = "lossy"


def changes(case: Case) -> Iterator[Change]:
    """The length that steps in trouble follow."""
    if found := lever_of(case):
        yield from mildest(case, values(case, *found), lambda value: changed(case, *found, value))


def lever_of(case: Case) -> tuple[Step, Lever] | None:
    """The number that sets how many frames there are, and a step whose frames it sets.

    One that is also a rate of frames would change how fast things move.
    """
    for step in hurting(case):
        for lever in frames_in(case, levers(case, step.node)):
            if not strange(case.graph, lever.written):
                return step, lever
    return None


def frames_in(case: Case, found: list[Lever]) -> list[Lever]:
    """The levers that move frames, also of what looks at them as pictures of a batch."""
    of_video = facts.table("sizes")["frames"]["names"]
    batches = moving(found, "batch")
    return moving(found, "frames") + [
        one
        for one in batches
        if one.written.input in of_video or any(end in of_video for _, end in ends(case.graph, one.written))
    ]


def values(case: Case, step: Step, lever: Lever) -> list[float]:
    """The numbers below that could be written, the largest first: frames as the model counts, or seconds."""
    now, rule = lever.written.value, facts.table("sizes")["smaller"]
    least = now * max(rule["least_frames_share"], min(1.0, rule["least_frames"] / frames(case, step, lever)))
    if counts_seconds(case, step, lever):
        unit = 1 if lever.written.whole else 0.5
        return [count * unit for count in range(int(now / unit), 0, -1) if least <= count * unit < now]
    shared = max((group(one) for one in formats(case)), default=1)
    begin = int(now) - (int(now) - 1) % shared
    return [value for value in range(begin, 0, -shared) if least <= value < now]


def counts_seconds(case: Case, step: Step, lever: Lever) -> bool:
    """Whether a number counts seconds, or something else that stands for several frames."""
    lost = (1 - lever.left["frames" if "frames" in lever.sides else "batch"]) * frames(case, step, lever)
    return not lever.written.whole or lost > 2 * (lever.written.value - lever.written.half)


def group(own: LatentFormat) -> int:
    """Frames that come and go together."""
    return own.groups[0] if own.groups else max(1, own.temporal)


def formats(case: Case) -> list[LatentFormat]:
    """The latents of the diffusion models of videos."""
    parts = [one.component for one in case.loaded.values() if one.role == "diffusion_model"]
    return [own for part in parts if part and (own := latent_format(part.latent)).dimensions == 3]


def frames(case: Case, step: Step, lever: Lever, shape: Shape | None = None) -> int:
    """Frames that a step works on, or would in another shape."""
    here = shape or step.shape
    assert here is not None
    if "frames" not in lever.sides:
        return here.batch
    load = case.loaded.get(step.components[0]) if step.components else None
    own = latent_format(load.component.latent) if load and load.component else UNKNOWN
    return own.frames(here.frames)


def changed(case: Case, step: Step, lever: Lever, value: float) -> Change:
    """The change to another length."""
    edits = together(case.graph, lever.written, value)
    shape = shape_of(case, apply(case.graph, edits), step.node)
    before, after = frames(case, step, lever), frames(case, step, lever, shape)
    seconds = counts_seconds(case, step, lever)
    return Change(
        title=f"Make {value:g} {'seconds' if seconds else 'frames'} instead of {lever.written.value:g}",
        choice=f"{value:g}s" if seconds else f"{value:g}",
        edits=tuple(edits),
        harm=round(facts.table("advice")["harm"]["halved"] * log2(before / max(1, after)), 1),
        quality=f"{after} frames instead of {before}, each as good",
        effects=(f"{len(edits) - 1} other inputs follow",) if len(edits) > 1 else (),
    )
