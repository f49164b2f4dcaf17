"""What past runs on this machine teach: the store of them, and the corrections that follow from it."""

import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from .. import host
from .machine import setup
from .refusal import log
from .settings import setting

FILE = "history.sqlite"

lock = threading.Lock()
State = tuple[tuple[int, int], ...]


class Learned(NamedTuple):
    """The corrections that were worked out last: of which file in which state, for what, and when."""

    file: Path
    state: State
    setup: Any
    at: float
    corrections: tuple[Any, ...]

    def holds(self, file: Path, state: State, setup: Any) -> bool:
        """Whether they still hold: the file is as it was, or was looked at a moment ago."""
        recent = time.monotonic() - self.at < setting("corrections_seconds")
        return self.file == file and self.setup == setup and (self.state == state or recent)


last: list[Learned] = []


def file() -> Path:
    """The file that holds the past runs; it need not exist yet."""
    return host.host().user_folder() / FILE


def corrections(machine) -> tuple[Any, ...]:
    """What was learned on a machine; nothing where that cannot be read, which is logged once.

    A forecast without corrections is one all the same.
    """
    try:
        where, its = file(), setup(machine)
        state = state_of(where)
        if not state:
            return ()
        with lock:
            if not last or not last[0].holds(where, state, its):
                last[:] = [Learned(where, state, its, time.monotonic(), learned(where, its))]
            return last[0].corrections
    except Exception as error:
        log(error)
        return ()


def learned(where: Path, its: Any) -> tuple[Any, ...]:
    """What the points of the store teach; it is only read, since the recorder alone writes."""
    from ...estimator.history.learn import corrections as learn
    from ...estimator.history.store import Store

    with closing(Store(where, writes=False)) as store:
        return learn(store.points(its))


def state_of(where: Path) -> State:
    """A mark of the store's files that changes whenever something is written; empty where there is none."""
    told = []
    for path in (where, where.with_name(f"{where.name}-wal")):
        try:
            seen = path.stat()
            told.append((seen.st_size, seen.st_mtime_ns))
        except OSError:
            if path == where:
                return ()
    return tuple(told)
