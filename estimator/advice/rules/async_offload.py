"""Move weights beside computing.

## What it does
Starts ComfyUI with `--async-offload` where it is off by default (up to 0.3.75 on NVIDIA cards, up to 0.6 on
AMD's).

## Why it helps
Weights that stream are copied while the card computes, so that a step takes the longer of the two times and
not their sum.

## Quality
Unchanged.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...runtime.policy import streams
from ..case import Case
from ..change import Change
from ..setup import known, start

CODE = "async-offload"
APPLICABILITY = "manual"
OFF = "--disable-async-offload"


def changes(case: Case) -> Iterator[Change]:
    """Where weights stream on a card that can copy beside computing."""
    streamed = any(step.streamed and step.passes > 1 for step in case.forecast.steps)
    if streamed and not streams(case.machine) and case.machine.backend in ("cuda", "rocm"):
        flag = known("async_offload", case.machine)
        if flag and not case.machine.policy.has(OFF):
            yield start(case.machine, [flag])
