"""What is answered for this machine: forecasts, advice, limits, files; the same for routes and nodes."""

from .forecast import checked
from .refusal import NoForecast

__all__ = ["NoForecast", "checked"]
