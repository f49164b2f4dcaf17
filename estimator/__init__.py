"""VRAM Forecast: how a ComfyUI workflow will run on a card, before it is queued.

`check(workflow, machine, files)` forecasts; `render` and `encode` turn the answer into text and JSON;
`amended(workflow, suggestions)` makes what it suggests in the workflow; `limits(workflow, machine, files)`:
how large, how long and how many it can be.
"""

from __future__ import annotations

from ._version import __version__
from .advice import Checked, Suggestion
from .advice.limits import Limits
from .api import amended, check, limits
from .errors import ForecastError, InputError
from .forecast import Forecast
from .report import encode, render
from .runtime import Device, Host, Machine, Policy
from .workflow import Definitions, from_server

__all__ = [
    "Checked",
    "Definitions",
    "Device",
    "Forecast",
    "ForecastError",
    "Host",
    "InputError",
    "Limits",
    "Machine",
    "Policy",
    "Suggestion",
    "__version__",
    "amended",
    "check",
    "encode",
    "from_server",
    "limits",
    "render",
]
