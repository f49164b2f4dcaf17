"""A process that traces: started, waited for, and ended with all that it started, at any moment."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, NamedTuple

from ..facts import DATA

# By its place and not by `-m`: the Python of ComfyUI's portable build for Windows looks in no current folder.
START = (
    "import sys; sys.path.insert(0, sys.argv[1]); from estimator.trace.apart import main; main(sys.argv[2:])"
)
# Of what a process says on stderr, its last bytes; of its answer, no more than a table of laws may be.
SAID, ANSWER = 4096, 16 * 2**20
# Seconds that a thread may take to notice that the process is gone.
PAUSE = 0.1
# Names of the cards that torch may see: none.
NO_CARDS = ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ONEAPI_DEVICE_SELECTOR")
# Why a process was stopped, if it was.
Stopped = Literal["", "unwanted", "time", "memory"]


class Bounds(NamedTuple):
    """What a process may take: `seconds`, bytes of `memory` (0: any), and how far it steps back (`nice`)."""

    seconds: float
    memory: int = 0
    nice: int = 0


class Ended(NamedTuple):
    """How it ended: its exit status, what it wrote, what it said last, and why it was stopped if it was."""

    status: int
    answer: bytes
    said: str
    stopped: Stopped = ""


class Process:
    """A tracing process, for a `with`: at the block's end it and its children are gone."""

    def __init__(self, request: bytes, bounds: Bounds) -> None:
        """Start it on a request in JSON. Raises `OSError` where no process can be started."""
        self.bounds, self.until = bounds, time.monotonic() + bounds.seconds
        self.room = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.written = Path(self.room.name) / "answer.json"
        self.said = b""
        try:
            self.child = started(bounds, self.written)
        except OSError:
            self.room.cleanup()
            raise
        self.listener = threading.Thread(target=self.listen, daemon=True)
        self.listener.start()
        self.teller = threading.Thread(target=self.tell, args=[request + b"\n"], daemon=True)
        self.teller.start()

    def tell(self, request: bytes) -> None:
        """Hand it the request; one that never reads has this wait, and nothing else."""
        assert self.child.stdin
        with contextlib.suppress(OSError, ValueError):  # it is gone already
            self.child.stdin.write(request)
            self.child.stdin.flush()

    def listen(self) -> None:
        """Keep the end of what it says, so that it never waits for a reader."""
        assert self.child.stderr
        with contextlib.suppress(OSError, ValueError):
            while more := self.child.stderr.read1(SAID):  # type: ignore[attr-defined]
                self.said = (self.said + more)[-SAID:]

    def wait(self, wanted: Callable[[], bool], every: float) -> Ended:
        """Until it has ended, or its time is up, or it takes too much, or it is `wanted` no more."""
        while (stopped := self.stopped(wanted)) == "":
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.child.wait(every)
                break
        self.end()
        self.listener.join(PAUSE)
        return Ended(self.child.returncode, self.answer(), self.said.decode(errors="replace"), stopped)

    def stopped(self, wanted: Callable[[], bool]) -> Stopped:
        """Why it must stop now; empty while it may go on."""
        if not wanted():
            return "unwanted"
        if time.monotonic() > self.until:
            return "time"
        return "memory" if self.bounds.memory and taken(self.child.pid) > self.bounds.memory else ""

    def answer(self) -> bytes:
        """What it wrote; nothing where that is more than an answer can be."""
        with contextlib.suppress(OSError), self.written.open("rb") as file:
            found = file.read(ANSWER + 1)
            return found if len(found) <= ANSWER else b""
        return b""

    def end(self) -> None:
        """End it, and all that it started."""
        kill(self.child)
        self.child.wait()
        self.teller.join(PAUSE)
        if self.child.stdin and not self.teller.is_alive():  # else closing it would wait as well
            with contextlib.suppress(OSError):
                self.child.stdin.close()

    def __enter__(self) -> Process:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is left of it."""
        self.end()
        self.room.cleanup()


def started(bounds: Bounds, written: Path) -> subprocess.Popen[bytes]:
    """A new process in a group of its own, that sees no card."""
    numbers = map(str, (os.getpid(), bounds.nice, bounds.memory))
    own: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":  # pragma: no cover
        way = subprocess.BELOW_NORMAL_PRIORITY_CLASS if bounds.nice else 0
        own = {"creationflags": way | subprocess.CREATE_NO_WINDOW}
    few = {"OMP_NUM_THREADS": "1"} if bounds.nice else {}
    return subprocess.Popen(
        [sys.executable, "-c", START, str(DATA.parent), *numbers, str(written)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, **dict.fromkeys(NO_CARDS, ""), "PYTHONPATH": "", **few},
        cwd=DATA.parent,
        **own,
    )


def kill(child: subprocess.Popen[bytes]) -> None:
    """End a process and its children; its group outlives it where a child does."""
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            os.killpg(child.pid, signal.SIGKILL)
        return
    import psutil  # pragma: no cover

    with contextlib.suppress(psutil.Error):  # pragma: no cover
        for one in psutil.Process(child.pid).children(recursive=True):
            one.kill()
    child.kill()  # pragma: no cover


def taken(pid: int) -> int:
    """Bytes of RAM that a process takes; 0 of one that is gone."""
    import psutil

    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0
