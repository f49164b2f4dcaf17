"""Work beside the event loop, in few threads; neither ComfyUI's end nor its work waits for them."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Any


class Full(Exception):
    """So much waits already that no more is taken on."""


class Apart:
    """So many daemon threads at once, and so much that waits for one."""

    def __init__(self, threads: int, waiting: int) -> None:
        """Both at most; for one event loop."""
        self.free, self.waiting, self.most = asyncio.Semaphore(threads), 0, waiting

    async def do(self, work: Callable[[], Any], seconds: float) -> Any:
        """What `work` gives. Raises `Full`, `TimeoutError` after `seconds`, and what it raises.

        Work that is late keeps its thread until it ends, so that hanging work never gathers threads.
        """
        if self.waiting >= self.most:
            raise Full
        self.waiting += 1
        try:
            return await asyncio.wait_for(self.done(work), seconds)
        except asyncio.TimeoutError:  # another class than the built-in one before Python 3.11
            raise TimeoutError from None
        finally:
            self.waiting -= 1

    async def done(self, work: Callable[[], Any]) -> Any:
        """The same without a bound on time."""
        await self.free.acquire()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Any] = loop.create_future()

        def tell(found: Any, error: BaseException | None) -> None:
            self.free.release()
            if answer.done():  # nobody waits any more
                return
            answer.set_exception(error) if error else answer.set_result(found)

        def run() -> None:
            found = error = None
            try:
                found = work()
            except BaseException as raised:
                error = raised
            with contextlib.suppress(RuntimeError):  # the loop is closed: ComfyUI ends
                loop.call_soon_threadsafe(tell, found, error)

        try:
            threading.Thread(target=run, name="vram-forecast-guard", daemon=True).start()
        except RuntimeError:  # no more threads
            self.free.release()
            raise
        return await answer
