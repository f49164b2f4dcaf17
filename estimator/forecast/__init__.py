"""The forecast: a workload on a machine, step by step."""

from __future__ import annotations

from .result import VERDICTS, ComponentForecast, Forecast, StepForecast, Verdict
from .run import run

__all__ = ["VERDICTS", "ComponentForecast", "Forecast", "StepForecast", "Verdict", "run"]
