"""The command line. Each command imports what it needs, to start quickly."""

from __future__ import annotations

from . import charts, forecasts, history, limits, machines, models
from .front import app, main

# As `--help` lists them: what a workflow does, then files, then machines.
ORDER = (
    "check",
    "advise",
    "limits",
    "graph",
    "inspect",
    "models",
    "gpus",
    "device",
    "history",
    "export",
    "trace",
)
app.registered_commands.sort(key=lambda one: ORDER.index(getattr(one.callback, "__name__", "")))

__all__ = ["app", "charts", "forecasts", "history", "limits", "machines", "main", "models"]
