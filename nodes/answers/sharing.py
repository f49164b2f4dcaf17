"""How Python's lock is shared with ComfyUI's own threads, the sampling one above all."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from .. import host
from .refusal import log
from .settings import setting


def rest(took: float) -> None:
    """Leave Python's lock to a prompt that runs, for a while after each answer."""
    try:
        running = host.host().busy()
    except Exception as error:  # a ComfyUI that has no such queue
        log(error)
        return
    if running:
        time.sleep(min(took * setting("rest_share"), setting("rest_seconds")))


switching = threading.Lock()
switched: list[float] = []  # the interval before, once for each thread that works


@contextmanager
def quick_switches() -> Iterator[None]:
    """Have Python's lock change hands more often while something is worked out.

    A sampling thread gives it up at each call into torch, and waits for it up to one interval after each.
    """
    with switching:
        switched.append(switched[0] if switched else sys.getswitchinterval())
        sys.setswitchinterval(min(switched[0], setting("switch_seconds")))
    try:
        yield
    finally:
        with switching:
            before = switched.pop()
            if not switched:
                sys.setswitchinterval(before)
