"""The tracing process itself, before it imports torch: it takes little, gives way, and ends with its parent.

`process.py` starts it as `main(parent, nice, memory, answer)`, with a request as the first line of stdin.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading

# Source: prctl(2), PR_SET_PDEATHSIG in linux/prctl.h
PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Answer the request on stdin; the process ends early when its parent does."""
    parent, nice, memory, answer = int(arguments[0]), int(arguments[1]), int(arguments[2]), arguments[3]
    give_way(nice)
    take_at_most(memory)
    end_with(parent)
    request = sys.stdin.buffer.readline()
    threading.Thread(target=end_at_close, daemon=True).start()
    from .worker import answer_to

    answer_to(request, answer)


def give_way(nice: int) -> None:
    """Everybody else first; on Windows the parent has seen to it."""
    if nice and hasattr(os, "nice"):
        with contextlib.suppress(OSError):
            os.nice(nice)


def take_at_most(memory: int) -> None:
    """So many bytes of data, where the system can hold a process to that; 0 for as many as there are."""
    try:
        import resource
    except ImportError:  # Windows: the parent looks
        return
    if memory:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
        with contextlib.suppress(OSError, ValueError):  # a crash leaves no image of memory on the user's disk
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def end_with(parent: int) -> None:
    """Have Linux end this process with the one that started it, however that one ends."""
    if sys.platform != "linux":
        return
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before that
        os._exit(1)


def end_at_close() -> None:
    """On every system: stdin is held open by the parent, and closes when it ends or wants no answer more."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdin.buffer.read()
    os._exit(1)
