"""The exact path: models of the user's prompts are traced by this ComfyUI's own classes, in the background.

A process of its own does it, only while no prompt runs or waits; until it is done the tables' laws are used.
The environment's `VRAM_FORECAST_TRACING=off` leaves it out.
"""

from .background import state, wanted

__all__ = ["state", "wanted"]
