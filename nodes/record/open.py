"""A node that is running: what was read when it began, and how its progress goes."""

import time
from array import array

from ..host import Memory
from .events import Reading


class Progress:
    """Seconds between the updates of a node's progress. What precedes the first one, and with it the first
    pass, is left out: it loads models and warms up.
    """

    def __init__(self) -> None:
        self.steps, self.units = array("d"), 0.0
        self.value = self.most = 0.0
        self.at: float | None = None

    def told(self, value: float, most: float, now: float, bound: int | None) -> None:
        """An update: so many of `most` units are done. No more than `bound` are timed."""
        if value == self.value and most == self.most:
            return
        goes_on = self.at is not None and value > self.value and most == self.most
        if goes_on and self.at is not None and (bound is None or len(self.steps) < bound):
            self.steps.append((now - self.at) / (value - self.value))
        elif not goes_on and value > 0:
            self.units += most
        self.value, self.most, self.at = value, most, now if value > 0 else None


class Open:
    """A node between its beginning and its end."""

    def __init__(self, node: str, real: str, class_type: str, before: Memory | None, whole: bool) -> None:
        """Its clock starts here, once everything else was read."""
        self.node, self.real, self.class_type = node, real, class_type
        self.before, self.whole = before, whole
        self.progress, self.beside = Progress(), set[str]()
        self.began = time.perf_counter()

    def read(self, run: str, end: Memory | None, now: float, finished: bool) -> Reading:
        """What was measured of it."""
        return Reading(
            run,
            self.node,
            self.real,
            self.class_type,
            self.began,
            now - self.began,
            self.before,
            end,
            self.whole,
            finished,
            tuple(self.progress.steps),
            self.progress.units,
            frozenset(self.beside),
        )
