"""How long may be worked on an answer: Python cannot end a thread, so the work asks now and then."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from .refusal import NoForecast

until: ContextVar[float] = ContextVar("until", default=float("inf"))


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Work inside ends in `NoForecast` once it has taken so long, and at the end of an outer limit."""
    before = until.set(min(until.get(), time.monotonic() + seconds))
    try:
        yield
    finally:
        until.reset(before)


def go_on() -> None:
    """Called wherever the work comes by; raises `NoForecast` once the time is up."""
    if time.monotonic() > until.get():
        raise too_long()


def too_long() -> NoForecast:
    """What an asker is told then."""
    return NoForecast("This takes too long to forecast; ask again later, or for less.", 504)
