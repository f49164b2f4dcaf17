"""The settings of this room: the table `checks` of data/comfyui_side.toml."""

import asyncio
from functools import cache
from typing import Any

from .refusal import spoken


def setting(name: str) -> Any:
    """One of them."""
    return settings()[name]


@cache
def settings() -> dict[str, Any]:
    """All of them. The estimator, which reads data, is imported here, not at ComfyUI's start."""
    from ...estimator import facts

    return facts.table("comfyui_side")["checks"]


async def ready() -> None:
    """Have the estimator imported, which takes a while, off the event loop. Raises `NoForecast`."""
    if not settings.cache_info().currsize:
        await asyncio.to_thread(load)


def load() -> None:
    """Import it; a requirement that is missing is said."""
    with spoken():
        settings()
