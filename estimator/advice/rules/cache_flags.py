"""Keep fewer results of nodes in RAM.

## What it does
Starts ComfyUI with `--cache-ram N` (from 0.3.68 on: results go once less than N GiB of RAM are left) or
`--cache-none` (a result goes as soon as the last node that takes it has run).

## Why it helps
Each node's pictures and frames stay in RAM in 32 bits, 0.9 GiB for 81 frames of 720p, at every node that
hands them on. Where RAM runs out that is what can be given up.

## Quality
Unchanged; with `--cache-none` every run does all of its nodes again.

## When it is left out
Where RAM holds all that the workflow keeps, or results are a small part of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...units import GIB
from ..case import Case
from ..change import Change
from ..setup import known, start, table

CODE = "cache-flags"
APPLICABILITY = "manual"


def changes(case: Case) -> Iterator[Change]:
    """The one that keeps what it can, then the one that keeps nothing."""
    forecast, machine = case.forecast, case.machine
    results, missing = sum(step.ram for step in forecast.steps), max(forecast.ram_short, forecast.swapped)
    if not missing or results < missing * table()["results"]["least_share"]:
        return
    by_ram, none = known("cache_ram", machine), known("cache_none", machine)
    if by_ram and not machine.policy.has(by_ram):
        left = max(2, round(machine.host.ram_total / GIB / 8))
        yield start(machine, [by_ram, str(left)])
    if none and not machine.policy.has(none):
        yield start(machine, [none], effects=("every run does all its nodes again",))
