"""VRAM Forecast: how a ComfyUI workflow will run on a card, before it is queued.

`check(workflow, machine, files)` gives a `Forecast`; `render` and `encode` turn it into text and JSON.
"""

from __future__ import annotations

from ._version import __version__
from .api import check
from .errors import ForecastError, InputError
from .forecast import Forecast
from .report import encode, render
from .runtime import Device, Host, Machine, Policy

__all__ = [
    "Device", "Forecast", "ForecastError", "Host", "InputError", "Machine", "Policy", "__version__",
    "check", "encode", "render",
]  # fmt: skip
