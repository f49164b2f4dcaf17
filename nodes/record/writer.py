"""The one thread that writes runs down, behind a queue that is bounded."""

import threading
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from ..host import Host
from .events import Begun, Over, Reading
from .said import logger, once

Event = Begun | Reading | Over


class Writer:
    """A queue and its thread. The thread, and with it the estimator's import, begin with the first event."""

    def __init__(self, host: Host, store: Path) -> None:
        """Nothing is started, and nothing opened."""
        self.host, self.store = host, store
        self.queue: SimpleQueue[Event | None] = SimpleQueue()
        self.thread: threading.Thread | None = None
        self.rules: dict[str, Any] = {}
        self.closed = False
        self.dropped, self.told = 0, False

    @property
    def most_steps(self) -> int | None:
        """How many updates of a node's progress are timed; None until that is known."""
        return self.rules.get("most_steps")

    def put(self, event: Event, *, always: bool = False) -> None:
        """Have an event written. Where too many wait it is dropped and counted, `always` at twice as many."""
        most = self.rules.get("waiting")
        if self.closed or (most and self.queue.qsize() >= most * (2 if always else 1)):
            self.dropped += not self.closed
            return
        if self.thread is None:
            thread = threading.Thread(target=self.run, name="vram-forecast-recorder", daemon=True)
            thread.start()
            self.thread = thread
        self.queue.put(event)

    def end(self) -> None:
        """Write what waits, and end the thread; a disk that hangs is not waited for."""
        self.closed = True
        if self.thread:
            self.queue.put(None)
            self.thread.join(self.rules.get("end_seconds"))

    def run(self) -> None:
        """The thread: one event after the other."""
        try:
            from .journal import Journal, rules

            self.rules = rules()
            journal = Journal(self.host, self.store, self.rules)
        except Exception as error:  # a requirement that is missing
            self.closed = True
            once("runs are not recorded", error)
            return
        while (event := self.queue.get()) is not None:
            try:
                journal.write(event)
            except Exception as error:
                once("a part of this run is not recorded", error)
            if isinstance(event, Over):
                self.tell_dropped()
            del event  # and with it the prompt
        self.tell_dropped()
        journal.close()

    def tell_dropped(self) -> None:
        """Say, once, that not everything could be written."""
        if self.dropped:
            log = logger.debug if self.told else logger.warning
            log("VRAM Forecast: %d readings came too fast to be recorded", self.dropped)
            self.told, self.dropped = True, 0
