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
from ..setup import begun

CODE = "async-offload"
APPLICABILITY = "manual"
OFF = "--disable-async-offload"


def changes(case: Case) -> Iterator[Change]:
    """Where weights stream on a card that can copy beside computing."""
    streamed = any(step.streamed and step.passes > 1 for step in case.forecast.steps)
    able = case.machine.backend in ("cuda", "rocm") and not case.machine.policy.has(OFF)
    if streamed and able and not streams(case.machine):
        yield from begun(case.machine, "async_offload")
