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
from ..bisect import mildest
from ..case import Case
from ..change import Change
from ..judge import GOOD, grade
from ..levers import Lever, hurting, levers, moving

CODE = "smaller-batch"
APPLICABILITY = "lossless"


def changes(case: Case) -> Iterator[Change]:
    """The batch of steps in trouble, by numbers that divide it."""
    lever = lever_of(case) if grade(case.forecast) > GOOD else None
    if lever is None:
        return
    now = int(lever.written.value)
    sizes = [size for size in range(now - 1, 0, -1) if now % size == 0]
    for _, change in mildest(case, sizes, lambda size: changed(case, lever, size)):
        yield change


def lever_of(case: Case) -> Lever | None:
    """The number that sets how many pictures are made at once; not that of a video's frames."""
    for step in hurting(case)[: facts.table("sizes")["smaller"]["nodes"]]:
        if step.shape is not None and step.shape.batch > 1 and step.kind in ("sample", "decode"):
            found = [one for one in moving(levers(case, step.node), "batch") if one.written.whole]
            if lever := next((one for one in found if one.written.input == "batch_size"), None):
                return lever
    return None


def changed(case: Case, lever: Lever, size: int) -> Change:
    """The change to a smaller batch."""
    now = int(lever.written.value)
    what = "1 picture" if size == 1 else f"{size} pictures"
    return Change(
        title=f"Make {what} at a time instead of {now}",
        choice=str(size),
        edits=(lever.written.becoming(size),),
        harm=facts.table("advice")["harm"]["batch"],
        quality="the same, from other seeds",
        effects=(f"queue it {now // size} times for as many",),
    )
