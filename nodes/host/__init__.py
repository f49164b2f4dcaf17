"""The only room that touches ComfyUI's internals and torch: one object answers for them, behind a protocol.

`host()` is the ComfyUI around us, or a recorded one over it where `VRAM_FORECAST_HOST` names a recording.
"""

import os
from functools import cache
from pathlib import Path

from .protocol import Ended, Holder, Host, Listener, Memory, Renamed, Resident, Seen

__all__ = [
    "VARIABLE",
    "Ended",
    "Holder",
    "Host",
    "Listener",
    "Memory",
    "Renamed",
    "Resident",
    "Seen",
    "host",
]

VARIABLE = "VRAM_FORECAST_HOST"


@cache
def host() -> Host:
    """Who answers for ComfyUI in this process."""
    from .comfy import ComfyHost

    named = os.environ.get(VARIABLE)
    if not named:
        return ComfyHost()
    from .recorded import recorded

    return recorded(Path(named), ComfyHost())
