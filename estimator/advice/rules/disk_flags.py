"""Read weights from a fast disk rather than keep copies, or keep all copies in RAM.

## What it does
Starts ComfyUI with `--fast-disk` (from 0.23.0 on, where models lie on an NVMe drive) or with `--high-ram`
(from 0.25.0 on).

## Why it helps
Dynamic VRAM copies weights to pinned RAM as long as enough RAM is left. With `--fast-disk` only weights that
stream are copied, which leaves room for the others in the page cache. With `--high-ram` all of them are,
whatever is left, so that no run reads its files twice.

## Quality
Unchanged.

## When it is left out
Without dynamic VRAM both flags do nothing for weights. `--fast-disk` is for NVMe drives alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..case import Case
from ..change import Change
from ..setup import known, start, table

CODE = "disk-flags"
APPLICABILITY = "manual"


def changes(case: Case) -> Iterator[Change]:
    """Either, where weights are read again or stream."""
    machine, forecast = case.machine, case.forecast
    if not machine.policy.dynamic_vram or forecast.verdict not in ("streamed", "disk"):
        return
    fast, high = known("fast_disk", machine), known("high_ram", machine)
    disks = table()["flags"]["fast_disk"]["disks"]
    if fast and machine.host.disk in disks and not machine.policy.has(fast):
        yield start(machine, [fast])
    if high and not machine.policy.has(high):
        yield start(machine, [high], effects=("copies of weights stay in RAM until ComfyUI ends",))
