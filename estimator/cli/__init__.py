"""The command line. Each command imports what it needs, to start quickly."""

from __future__ import annotations

from . import charts, forecasts, limits, machines, models
from .front import app, main

__all__ = ["app", "charts", "forecasts", "limits", "machines", "main", "models"]
