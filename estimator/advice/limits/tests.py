"""What a run is held against: that it stays on the card, is not slow, surely runs, runs at all."""

from __future__ import annotations

from functools import partial
from typing import Literal

from ...forecast import Forecast
from .course import Test

Stays = Literal["resident", "quick", "safe", "running"]


def tests(slowdown: float) -> dict[Stays, Test]:
    """What is tested, by name.

    `resident`: all stays on the card; `quick`: at most `slowdown` times the time of that; `safe`: it runs at
    whatever speed; `running`: it runs by the forecast's low end, which alone of these promises no margin.
    """
    return {
        "resident": Test(is_resident, room),
        "quick": Test(partial(is_quick, most=slowdown), partial(quickness, most=slowdown)),
        "safe": Test(is_safe, partial(reserve, surely=True)),
        "running": Test(is_running, reserve),
    }


def is_resident(forecast: Forecast) -> bool:
    """Whether all stays on the card, with a margin."""
    return forecast.verdict == "resident" and not forecast.tight


def is_quick(forecast: Forecast, most: float) -> bool:
    """Whether it takes at most so many times the time with all weights on the card, and reads no file twice."""
    slowdown, fits = forecast.slowdown, forecast.verdict in ("resident", "streamed") and not forecast.tight
    return fits and slowdown is not None and slowdown.best <= most


def is_running(forecast: Forecast) -> bool:
    """Whether it is known to run to its end on the card and in RAM."""
    return forecast.verdict in ("resident", "streamed", "disk")


def is_safe(forecast: Forecast) -> bool:
    """Whether it runs, with a margin."""
    return is_running(forecast) and not forecast.tight


def room(forecast: Forecast) -> float:
    """Bytes that are left on the card with all weights there; below 0 what streams, or lacks."""
    total = forecast.device.total
    streamed = max((step.streamed for step in forecast.steps if step.passes > 1), default=0)
    taken = max((max(step.need.high, step.need.best + step.resident) for step in forecast.steps), default=0)
    return -float(streamed) or float(total - taken)


def quickness(forecast: Forecast, most: float) -> float:
    """How far the slowdown is from the most."""
    return most - forecast.slowdown.best if forecast.slowdown else -1.0


def reserve(forecast: Forecast, surely: bool = False) -> float:
    """Bytes that are left of what cannot yield, on the card; below 0 what lacks there or in RAM."""
    ends = ((step.need.high if surely else step.need.low) for step in forecast.steps)
    return -float(forecast.ram_short) or float(forecast.device.total - max(ends, default=0))
