"""What goes wrong while recording: said once in ComfyUI's log, and never to the run."""

import functools
import logging
from collections.abc import Callable
from typing import Any, TypeVar

logger = logging.getLogger("vram_forecast")

said: set[tuple[str, str]] = set()
Found = TypeVar("Found")


def once(what: str, error: BaseException) -> None:
    """Log what is not done, and why; the same again in debug mode only.

    One of our own errors, and a package that is missing, is one line.
    """
    known = (what, type(error).__name__)
    write = logger.debug if known in said else logger.warning
    said.add(known)
    plain = isinstance(error, ImportError) or type(error).__name__ == "HistoryError"
    write("VRAM Forecast: %s (%s)", what, error, exc_info=None if plain else error)


def quietly(what: str, work: Callable[[], Found]) -> Found | None:
    """What `work` gives; None where it fails, which is logged once."""
    try:
        return work()
    except Exception as error:
        once(what, error)
        return None


def guarded(method: Callable[..., None]) -> Callable[..., None]:
    """A listener's method that raises nothing, whatever breaks in it."""

    @functools.wraps(method)
    def safe(*given: Any) -> None:
        try:
            method(*given)
        except Exception as error:
            once("a part of this run is not recorded", error)

    return safe
