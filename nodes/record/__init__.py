"""The memory of past runs is written here: each node that ran, measured beside what was forecast for it."""

import os
from collections.abc import Callable

from .recorder import start
from .said import logger, once

__all__ = ["OFF", "VARIABLE", "register_recorder", "start"]

VARIABLE = "VRAM_FORECAST_RECORD"
OFF = "off"


def register_recorder() -> Callable[[], None] | None:
    """Begin to record the runs of this ComfyUI; None where that was turned off or there is no way to."""
    from .. import host
    from ..answers.past import file

    if os.environ.get(VARIABLE, "").strip().lower() == OFF:
        logger.info("VRAM Forecast: runs are not recorded (%s=%s)", VARIABLE, OFF)
        return None
    try:
        return start(host.host(), file())
    except host.Renamed as renamed:
        logger.warning("VRAM Forecast: runs are not recorded, since this ComfyUI has no %s", renamed)
    except Exception as error:  # ComfyUI goes on without a recorder
        once("runs are not recorded", error)
    return None
