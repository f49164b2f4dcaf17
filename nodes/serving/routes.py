"""The HTTP route: `POST /vram_forecast/check` forecasts a prompt on this machine, and queues nothing."""

import asyncio
import json

from ..answers import NoForecast, checked


def register_routes() -> None:
    """Add the route to ComfyUI's server, which serves it under `/api` too."""
    from aiohttp import web
    from server import PromptServer

    @PromptServer.instance.routes.post("/vram_forecast/check")
    async def check(request: web.Request) -> web.Response:
        status, body = await asyncio.to_thread(answer, await request.read())
        return web.Response(status=status, body=body, content_type="application/json")


def answer(body: bytes) -> tuple[int, bytes]:
    """The HTTP status and the JSON body; reads files, so it runs in a thread.

    `body`: what `/prompt` gets, a prompt alone, a saved workflow, or an image that holds one.
    """
    try:
        found = checked(body, suggestions=None)
        from ...estimator import encode

        return 200, encode(found)
    except NoForecast as why:
        return why.status, json.dumps({"error": str(why)}).encode()
