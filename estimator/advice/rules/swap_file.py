"""Give the system more RAM or swap.

## What it does
Names how much swap holds what the workflow keeps, or how much of its RAM Windows should give WSL.

## Why it helps
Results of nodes and weights that are no pages of files cannot be dropped. Where RAM and swap do not hold them
ComfyUI is ended by the system; with enough swap it runs, at the disk's speed. WSL takes half of the
computer's RAM unless it is told another amount.

## Quality
Unchanged.

## When it is left out
Where RAM holds all of it, or as much swap will do as most systems have; and on Windows and macOS, which make
their swap larger by themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, floor

from msgspec.structs import replace

from ... import facts
from ...units import GIB, amount
from ..case import Case
from ..change import Change
from ..setup import table

CODE = "more-swap"
APPLICABILITY = "manual"


def changes(case: Case) -> Iterator[Change]:
    """RAM for WSL, then swap."""
    host, forecast = case.machine.host, case.forecast
    if host.os == "wsl":
        yield from ram_for_wsl(case)
    short = forecast.ram_kept.high - host.ram_total - (host.swap or 0)
    form = table()["swap"].get(host.os)
    if short <= 0 or form is None or case.machine.device.unified:
        return
    gib = ceil((forecast.ram_kept.high - host.ram_total) / GIB)
    if host.swap is None and gib <= facts.table("managers/memory")["swap"]["unknown_gib"][host.os]:
        return  # as much as a system mostly has
    machine = replace(case.machine, host=replace(host, swap=gib * GIB))
    yield Change(form.format(gib=gib), f"{gib}GB", machine=machine)


def ram_for_wsl(case: Case) -> Iterator[Change]:
    """What the workflow touches, as far as Windows can spare it."""
    host, row = case.machine.host, table()["wsl"]
    most = floor(host.ram_total / row["usual_share"] * row["most_share"] / GIB)
    gib = min(most, ceil(case.forecast.ram_peak.high / GIB))
    if gib * GIB <= host.ram_total:
        return
    machine = replace(case.machine, host=replace(host, ram_total=gib * GIB, ram_free=gib * GIB))
    yield Change(
        f"Give WSL {gib} GiB of RAM (memory={gib}GB in .wslconfig)",
        f"wsl-{gib}GB",
        machine=machine,
        effects=(f"the computer is taken to have {amount(host.ram_total / row['usual_share'])} of RAM",),
    )
