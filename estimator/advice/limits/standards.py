"""What a run is held against: that it stays on the card, is not slow, surely runs, runs at all."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import inf
from typing import Literal

from ...forecast import Forecast, StepForecast
from .course import Standard

Need = Callable[[StepForecast], float]
# Steps of VAEs, which ComfyUI tries again in tiles.
RETRIED = ("decode", "encode_image")
Stays = Literal["resident", "quick", "safe", "running"]


def standards(slowdown: float) -> dict[Stays, Standard]:
    """The standards by name.

    `resident`: all stays on the card; `quick`: at most `slowdown` times the time of that; `safe`: it runs at
    whatever speed; `running`: it runs by the forecast's low end, which alone of these promises no margin.
    """
    quick = partial(is_quick, most=slowdown)
    return {
        "resident": Standard(is_resident, partial(borne, need=whole), partial(left, need=whole)),
        "safe": Standard(is_safe, partial(borne, need=at_worst), partial(left, need=at_worst)),
        "quick": Standard(quick, partial(borne, need=at_worst), partial(left_of_time, most=slowdown)),
        "running": Standard(is_running, partial(borne, need=at_best), partial(left, need=at_best)),
    }


def is_resident(forecast: Forecast) -> bool:
    """Whether all stays on the card, with a margin."""
    return forecast.verdict == "resident" and not forecast.tight


def is_quick(forecast: Forecast, most: float) -> bool:
    """Whether it takes at most so many times the time with all on the card, and reads no file twice."""
    slowdown, fits = forecast.slowdown, forecast.verdict in ("resident", "streamed") and not forecast.tight
    return fits and slowdown is not None and slowdown.best <= most


def is_running(forecast: Forecast) -> bool:
    """Whether it is known to run to its end on the card and in RAM."""
    return forecast.verdict in ("resident", "streamed", "disk")


def is_safe(forecast: Forecast) -> bool:
    """Whether it runs, with a margin."""
    return is_running(forecast) and not forecast.tight


def whole(step: StepForecast) -> float:
    """Bytes that a step takes with all its weights on the card."""
    streamed = step.streamed if step.passes > 1 else 0
    return max(at_worst(step), step.need.best + step.resident + streamed)


def at_worst(step: StepForecast) -> float:
    """Bytes that cannot yield, by the high end; what is retried in tiles where that lacks has none of it."""
    retried = step.kind in RETRIED and not step.tight
    return step.need.low if retried else step.need.high


def at_best(step: StepForecast) -> float:
    """The same by the low end."""
    return step.need.low


def left(forecast: Forecast, need: Need) -> list[float]:
    """Bytes that each step leaves on the card, below 0 where they lack."""
    return [forecast.device.total - need(step) for step in forecast.steps]


def left_of_time(forecast: Forecast, most: float) -> list[float]:
    """The same, and how far the run is from being slower than the most."""
    times = forecast.slowdown
    return [most - times.best if times else -1.0, *left(forecast, at_worst)]


def borne(forecast: Forecast, need: Need) -> float:
    """How many times as much there could be to do by the card, if it took as many times as much."""
    grown = [(need(step), step.activations.high + step.workspace.high) for step in forecast.steps]
    total = forecast.device.total
    found = [1 + (total - taken) / more for taken, more in grown if more]
    return 0.0 if forecast.ram_short else min(found, default=inf)
