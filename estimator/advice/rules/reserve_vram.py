"""Let the legacy manager keep more, or less, of the card free of weights.

## What it does
Starts ComfyUI with `--reserve-vram N`, N worked out of what the worst step is short of; or without it, or
with a smaller N, where it was set too high.

## Why it helps
Models without dynamic VRAM are loaded by ComfyUI's estimate of what a step needs. Where that is too low, the
step finds too little left beside the weights; a larger reserve leaves more of them in RAM. Where it is too
high weights stream that had room.

## Quality
Unchanged.

## When it is left out
Weights of dynamic VRAM give way by themselves: no reserve helps them. Before ComfyUI 0.25.0 dynamic VRAM does
not heed the flag at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from ...forecast import Forecast
from ...runtime.capabilities import extra_reserved
from ...units import GIB
from ..case import Case
from ..change import Change
from ..setup import begun, known, start, table

CODE = "reserve-vram"
APPLICABILITY = "manual"


def changes(case: Case) -> Iterator[Change]:
    """Less than is asked for, what ComfyUI reserves by itself, then more."""
    flag, own = known("reserve", case.machine), case.machine.policy.value(known("reserve", case.machine))
    if not case.machine.partial:  # all of a model is loaded, or nothing
        return
    if own is not None:
        yield start(case.machine, drop=[flag], choice="none")
    least = table()["reserve"]["least_gib"]
    careful = too_careful(case.forecast) and extra_reserved(case.machine) > least * GIB
    for gib in ([least] if careful else []) + wanted(case):
        yield from begun(case.machine, "reserve", f"{gib:g}", choice=f"{gib:g}")


def too_careful(forecast: Forecast) -> bool:
    """Whether it is only slow, for weights that ComfyUI's estimate leaves in RAM."""
    streams = any(step.streamed and step.fixed for step in forecast.steps)
    return streams and forecast.verdict in ("streamed", "disk") and not forecast.tight


def wanted(case: Case) -> list[float]:
    """GiB to reserve so that what is short by the low end, the middle or the high end of its band is not."""
    step, now = table()["reserve"]["step_gib"], extra_reserved(case.machine)
    amounts = [now + one for one in shortfalls(case.forecast) if now + one < case.machine.device.total]
    return sorted({round(ceil(one / GIB / step) * step, 2) for one in amounts})


def shortfalls(forecast: Forecast) -> list[float]:
    """Bytes that are missing beside weights that do not give way."""
    total = forecast.device.total
    needs = [one.need for one in forecast.steps if one.fixed and one.verdict != "unknown"]
    ends = ("low", "best", "high")
    most = [max((getattr(one, end) for one in needs), default=0) - total for end in ends]
    return [one for one in most if one > 0]
