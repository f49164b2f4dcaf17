"""Make one picture at a time.

## What it does
Sets the batch size to the largest with which the workflow runs, and to the largest with which it runs well;
queued as often as it takes, it makes as many pictures.

## Why it helps
What a model needs beside its weights grows with the pictures that it makes at once.

## Quality
Lossless: each picture is made as before. Their seeds are others, since those of a batch follow from one seed.
"""

from __future__ import annotations

from collections.abc import Iterator

from ... import facts
from ...workflow import Step
from ...workflow.edits import apply
from ..bisect import mildest
from ..case import Case
from ..change import Change
from ..levers import Lever, hurting, levers, moving, steps_of

CODE = "smaller-batch"
APPLICABILITY = "lossless"


def changes(case: Case) -> Iterator[Change]:
    """The batch of steps in trouble, by numbers that divide it."""
    found = lever_of(case)
    if found is None:
        return
    step, lever = found
    now, queued = int(lever.written.value), not in_parts(case, step, lever)
    sizes = [size for size in range(now - 1, 0, -1) if now % size == 0]
    yield from mildest(case, sizes, lambda size: changed(lever, size, queued))


def in_parts(case: Case, step: Step, lever: Lever) -> bool:
    """Whether its node works through all pictures anyway, so many at a time."""
    halved = apply(case.graph, [lever.written.becoming(lever.written.half)])
    now, half = ([one.repeats for one in steps_of(case, graph, step.node)] for graph in (case.graph, halved))
    return sum(half) > sum(now)


def lever_of(case: Case) -> tuple[Step, Lever] | None:
    """The number that sets how many pictures are made at once; not that of a video's frames."""
    for step in hurting(case):
        if step.shape is not None and step.shape.batch > 1 and step.kind in ("sample", "decode"):
            found = [one for one in moving(levers(case, step.node), "batch") if one.written.whole]
            if lever := next((one for one in found if one.written.input == "batch_size"), None):
                return step, lever
    return None


def changed(lever: Lever, size: int, queued: bool) -> Change:
    """The change to a smaller batch."""
    now = int(lever.written.value)
    what = "1 picture" if size == 1 else f"{size} pictures"
    return Change(
        title=f"Make {what} at a time instead of {now}",
        choice=str(size),
        edits=(lever.written.becoming(size),),
        harm=facts.table("advice")["harm"]["batch"] * queued,
        quality="the same, from other seeds" if queued else "the same",
        effects=(f"queue it {now // size} times for as many",) if queued else (),
    )
