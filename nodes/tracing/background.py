"""One tracer for this process, with a thread that begins when there is something to trace."""

import logging
import os
import threading
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ..host import host
from .tracer import Tracer

logger = logging.getLogger("vram_forecast")
SWITCH = "VRAM_FORECAST_TRACING"
starting = threading.Lock()


def wanted(components: Iterable[Any], paths: Mapping[str, Path]) -> None:
    """Have the components of a forecast traced some time, as far as that is due; never raises, never waits.

    `components`: `estimator.forecast.ComponentForecast`s; `paths`: where the files lie that they name.
    """
    if os.environ.get(SWITCH) == "off":
        return
    try:
        files = {(paths[one.file], one.role) for one in components if one.file in paths}
        if files:
            tracer().want(files)
            begin(tracer())
    except Exception:
        logger.debug("VRAM Forecast: nothing is traced", exc_info=True)


def state() -> dict[str, Any]:
    """What is traced, waits, is done or has failed since ComfyUI's start, as JSON has it."""
    return tracer().state() if tracer.cache_info().currsize else {"now": "idle", "models": []}


@cache
def tracer() -> Tracer:
    """The tracer of this process."""
    return Tracer(host())


def begin(one: Tracer) -> None:
    """Start its thread, once; the thread ends with ComfyUI, and a trace with the thread."""
    with starting:
        if one.thread is None:
            one.thread = threading.Thread(target=one.run, name="vram-forecast-tracing", daemon=True)
            one.thread.start()
