"""Whether a change helps, and which of two helps more."""

from __future__ import annotations

from typing import Any

from .. import facts
from ..forecast import VERDICTS, Forecast, Verdict
from ..units import GIB

# What counts as good, and everything worse by its verdict.
GOOD = 0
SLOW = 1
FAILS: set[Verdict] = {"oom", "spill"}


def enough() -> dict[str, Any]:
    """When a forecast is good enough."""
    found: dict[str, Any] = facts.table("advice")["enough"]
    return found


def grade(forecast: Forecast) -> int:
    """`GOOD`: it runs at nearly full speed with a margin; `SLOW`: it runs; then as `VERDICTS`, worse.

    Files that are read again from a disk so quick that it costs next to no time are no worse than `SLOW`.
    """
    if forecast.verdict not in ("resident", "streamed"):
        return SLOW if forecast.verdict == "disk" and not slow(forecast) else VERDICTS.index(forecast.verdict)
    retried = any(step.tiled for step in forecast.steps)
    return SLOW if slow(forecast) or retried or forecast.tight else GOOD


def slow(forecast: Forecast) -> bool:
    """Whether what does not fit makes it clearly slower; where the card's rate is not known, whether any."""
    slowdown = forecast.slowdown
    return slowdown.best > enough()["slowdown"] if slowdown else forecast.verdict != "resident"


def better(after: Forecast, before: Forecast) -> bool:
    """Whether it no longer fails, is mended without taking much longer, or is clearly quicker.

    A run that still fails is no better for failing otherwise.
    """
    if FAILS & {after.verdict, before.verdict}:
        return VERDICTS.index(after.verdict) < VERDICTS.index(before.verdict)
    verdict = badness(after.verdict, after.tight) < badness(before.verdict, before.tight)
    mended = verdict or grade(after) < grade(before) or reads_less(after, before)
    return (mended and not slower(after, before, enough()["patience"])) or quicker(after, before)


def reads_less(after: Forecast, before: Forecast) -> bool:
    """Whether a run reads much less again from disk, of what is more than nothing."""
    again, was = after.disk_bytes, before.disk_bytes
    return bool(again <= enough()["read"] * was and was - again >= enough()["least_gib"] * GIB)


def slower(after: Forecast, before: Forecast, patience: float = 1) -> bool:
    """Whether the first run or the next takes longer than so many times what it took."""
    return any(new > patience * old for new, old in zip(times(after), times(before), strict=True))


def quicker(after: Forecast, before: Forecast) -> bool:
    """Whether a run clearly takes less time, and the next one no more."""
    ratios = [new / old if old else 1.0 for new, old in zip(times(after), times(before), strict=True)]
    return min(ratios) < enough()["quicker"] and not slower(after, before)


def times(forecast: Forecast) -> tuple[float, float]:
    """Seconds of the first run and of the next; where not known, the bytes that move to the card instead."""
    if forecast.seconds and forecast.seconds_again:
        return forecast.seconds.best, forecast.seconds_again.best
    return (float(sum(step.streamed * step.passes for step in forecast.steps)),) * 2


def badness(verdict: Verdict, tight: bool) -> tuple[int, bool]:
    """A verdict as something that sorts."""
    return VERDICTS.index(verdict), tight


def demand(forecast: Forecast) -> float:
    """Bytes of VRAM that the worst step would take if nothing streamed."""
    return max((step.need.best + step.streamed for step in forecast.steps), default=0.0)


def lack(forecast: Forecast) -> float:
    """Bytes that are missing for it to run: on the card, in RAM, and what is read again from disk."""
    total = forecast.device.total
    return (
        sum(max(0.0, step.need.low - total) for step in forecast.steps)
        + forecast.ram_short
        + forecast.swapped
        + forecast.disk_bytes
    )
