"""The command line. Each command imports what it needs, to start quickly."""

from __future__ import annotations

from . import forecasts, limits, machines, models
from .front import app, main

__all__ = ["app", "forecasts", "limits", "machines", "main", "models"]
