"""The guard before ComfyUI's queue: warns of a prompt that would run out of memory, or stops it.

Only what is certain is stopped. Whatever goes wrong here, the prompt goes on to ComfyUI as it came.
"""

import asyncio
import logging
import os
from typing import Any

from .. import host
from ..answers import NoForecast
from . import judging

logger = logging.getLogger("vram_forecast")

SETTING, VARIABLE = "VRAMForecast.Guard", "VRAM_FORECAST_GUARD"
MODES = ("off", "warn", "block")
PATHS = ("/prompt", "/api/prompt")
BUSY = {503: "too many prompts came at once", 504: "a forecast took too long"}


def register_guard() -> None:
    """Put the guard before ComfyUI's queue; where that is not possible, the log says so."""
    from ..host.serving import add_middleware

    try:
        add_middleware(Guard().middleware())
    except Exception as error:
        logger.warning("VRAM Forecast: no prompt is checked before it is queued: %s", error)


class Guard:
    """One server's guard: its threads, what it does in the background, and what it has logged.

    The threads are its own, since a flood of badges may fill those of answers.
    """

    def __init__(self) -> None:
        """Nothing is started or read yet."""
        self.threads: Any = None
        self.background: set[asyncio.Task[None]] = set()
        self.logged: set[str] = set()

    def middleware(self):
        """What aiohttp passes each request through."""
        from aiohttp import web

        @web.middleware
        async def vram_forecast_guard(request: web.Request, handler):
            if request.method != "POST" or request.path not in PATHS:
                return await handler(request)
            mode = self.mode(request)
            if mode == "block":
                # What reading raises, ComfyUI's handler would get too: it reads first of all.
                body = await self.refusal(await read(request))
                if body is not None:
                    return web.Response(status=400, body=body, content_type="application/json")
            response = await handler(request)
            if mode == "warn" and response.status == 200:
                await self.warn(request)
            return response

        return vram_forecast_guard

    def mode(self, request: Any) -> str:
        """What is done with a request: `off` where its client says that it shall run."""
        try:
            if request.headers.get(judging.HEADER, "").strip().lower() == judging.PASS:
                return "off"
            chosen = os.environ.get(VARIABLE, "").strip().lower()
            return chosen if chosen in MODES else self.setting(request)
        except Exception as error:
            self.log("its setting cannot be read", error)
            return "off"

    def setting(self, request: Any) -> str:
        """What the user of a request chose; what cannot be, or nothing, is the default."""
        chosen = host.host().settings(request).get(SETTING)
        return chosen if chosen in MODES else "warn"

    async def refusal(self, text: str | None) -> bytes | None:
        """The body of the answer to a prompt that is certain not to run; None for one that goes on."""
        found = await self.found(text)
        return None if found is None else await self.tried(judging.refusal, *found)

    async def warn(self, request: Any) -> None:
        """Have the log tell, when it is known, that a prompt which was queued will not run."""
        try:
            task = asyncio.create_task(self.tell(await read(request)))
        except Exception as error:  # the prompt is queued, so its client gets ComfyUI's answer
            return self.log("a body cannot be read", error)
        self.background.add(task)  # the loop alone would let go of it
        task.add_done_callback(self.background.discard)

    async def tell(self, text: str | None) -> None:
        """One line in the log, where a prompt will not run."""
        found = await self.found(text)
        line = None if found is None else await self.tried(judging.said, *found)
        if line is not None:
            logger.warning("VRAM Forecast: a prompt was queued that will not run. %s", line)

    async def found(self, text: str | None) -> tuple[Any, tuple[Any, ...]] | None:
        """The forecast of a prompt that is certain not to run, and what would help; else None."""
        if text is None:
            return None
        one = await self.tried(asked_within, text)
        forecast = None if one is None else await self.tried(judging.failing, one)
        return None if forecast is None else (forecast, await self.tried(judging.fixes, one) or ())

    async def tried(self, work, *given: Any) -> Any:
        """What `work` gives in a thread and in time; None where it does not, and the log says why once."""
        try:
            await asyncio.to_thread(judging.settings)
            self.threads = self.threads or threads()
            return await self.threads.soon(object(), lambda: work(*given))
        except NoForecast as why:
            self.log(BUSY.get(why.status, "a forecast failed"), why)
        except Exception as error:
            self.log("a forecast failed", error)
        return None

    def log(self, what: str, error: Exception | None = None) -> None:
        """Say once what went wrong."""
        if what in self.logged:
            return
        self.logged.add(what)
        why = f" ({type(error).__name__}: {error})" if error else ""
        logger.warning("VRAM Forecast: prompts go on unchecked where %s%s. Said once.", what, why)


def threads():
    """Threads for the forecasts of one guard."""
    from ..answers.threads import Threads

    named = ("threads", "lost_threads", "waiting", "seconds")
    return Threads(*(judging.settings()[name] for name in named))


async def read(request: Any) -> str | None:
    """The text of a request, which ComfyUI's handler reads again; None where it is no text."""
    try:
        return await request.text()
    except (LookupError, ValueError):  # an unknown charset, or bytes that are none of it
        return None


def asked_within(text: str) -> judging.Asked | None:
    """What a body asks for; None of one beyond our bound."""
    return None if len(text) > judging.settings()["body_bytes"] else judging.asked(text)
