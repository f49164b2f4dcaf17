"""The threads that work on answers: few, of our own, and never in the way of ComfyUI's end."""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from functools import cache
from typing import Any, NamedTuple

from .patience import too_long, within
from .refusal import NoForecast
from .settings import setting
from .sharing import rest


class Job(NamedTuple):
    """A question that waits: what it is known by, the work, who gets the answer, and until when it counts."""

    key: Hashable
    work: Callable[[], Any]
    answer: "Future[Any]"
    until: float


class Threads:
    """Daemon threads over one queue, started when they are needed.

    Python's own executor would be waited for at ComfyUI's end, and never replaces a thread that hangs.
    """

    def __init__(self, many: int, lost: int, waiting: int, seconds: float) -> None:
        """So many at once; so many may hang; so many questions may wait; an answer may take so long."""
        self.many, self.lost, self.waiting, self.seconds = many, lost, waiting, seconds
        self.jobs: deque[Job] = deque()
        self.asked: dict[Hashable, Future[Any]] = {}
        self.busy: dict[threading.Thread, float | None] = {}
        self.changed = threading.Condition()

    def ask(self, key: Hashable, work: Callable[[], Any]) -> "Future[Any]":
        """The answer to come; that of the same question where it waits or is worked on already.

        Raises `NoForecast` where too many wait.
        """
        with self.changed:
            if key in self.asked:
                return self.asked[key]
            if len(self.jobs) >= self.waiting:
                raise NoForecast("Too much is asked at once; ask again in a moment.", 503)
            answer: Future[Any] = Future()
            self.asked[key] = answer
            self.jobs.append(Job(key, work, answer, time.monotonic() + self.seconds))
            self.staff()
            self.changed.notify()
            return answer

    async def soon(self, key: Hashable, work: Callable[[], Any]) -> Any:
        """What `work` gives, off the event loop, for all who ask it by one key at the same time.

        Raises `NoForecast` where too much is asked or it takes too long; the work goes on then until it
        notices.
        """
        answer = asyncio.wrap_future(self.ask(key, work))
        try:
            return await asyncio.wait_for(asyncio.shield(answer), self.seconds)
        except (asyncio.TimeoutError, TimeoutError):
            answer.add_done_callback(lambda late: late.cancelled() or late.exception())
            raise too_long() from None

    def staff(self) -> None:
        """Start threads until there are enough that do not hang; under the lock."""
        for _ in range(self.many + min(self.hanging(), self.lost) - len(self.busy)):
            thread = threading.Thread(target=self.run, name="vram-forecast", daemon=True)
            self.busy[thread] = None
            thread.start()

    def hanging(self) -> int:
        """How many threads are at one answer for longer than it may take; under the lock."""
        now = time.monotonic()
        return sum(since is not None and now - since > self.seconds for since in self.busy.values())

    def run(self) -> None:
        """One thread: one job after the other, until there are enough others."""
        this = threading.current_thread()
        while True:
            with self.changed:
                self.busy[this] = None
                if (
                    len(self.busy) - self.hanging() > self.many
                ):  # it was taken for lost, and another is in its place
                    del self.busy[this]
                    return
                while not self.jobs:
                    self.changed.wait()
                job = self.jobs.popleft()
                began = self.busy[this] = time.monotonic()
            self.do(job)
            rest(time.monotonic() - began)

    def do(self, job: Job) -> None:
        """Work on one question; whatever is raised is its answer."""
        left = job.until - time.monotonic()
        job.answer.set_running_or_notify_cancel()
        try:
            if left <= 0:
                raise too_long()
            with within(left):
                found = job.work()
        except BaseException as error:
            self.done(job)
            job.answer.set_exception(error)
        else:
            self.done(job)
            job.answer.set_result(found)

    def done(self, job: Job) -> None:
        """From now on the same question is a new one."""
        with self.changed:
            self.asked.pop(job.key, None)


@cache
def threads() -> Threads:
    """The threads of this process."""
    return Threads(*(setting(name) for name in ("threads", "lost_threads", "waiting", "seconds")))


async def soon(key: Hashable, work: Callable[[], Any]) -> Any:
    """What `work` gives, in the threads of this process. Raises `NoForecast` as `Threads.soon` does."""
    return await threads().soon(key, work)
