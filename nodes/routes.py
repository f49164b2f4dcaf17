"""The HTTP route: `POST /vram_forecast/check` forecasts a prompt on this machine, and queues nothing."""

import asyncio
import json
from typing import Any

from .here import NoForecast, as_json


def register_routes() -> None:
    """Add the route to ComfyUI's server, which serves it under `/api` too."""
    from aiohttp import web
    from server import PromptServer

    @PromptServer.instance.routes.post("/vram_forecast/check")
    async def check(request: web.Request) -> web.Response:
        status, body = await asyncio.to_thread(answer, await request.read())
        return web.Response(status=status, body=body, content_type="application/json")


def answer(body: bytes) -> tuple[int, bytes]:
    """The HTTP status and the JSON body for a posted prompt; reads files, so it runs in a thread."""
    try:
        return 200, as_json(prompt_in(body))
    except NoForecast as why:
        return why.status, json.dumps({"error": str(why)}).encode()


def prompt_in(body: bytes) -> dict[str, Any]:
    """The workflow in a body: what `/prompt` gets, a prompt alone, or a saved UI workflow.

    Raises `NoForecast` where the body is no JSON object.
    """
    try:
        posted = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NoForecast(f"The body is no JSON: {error}. Post what you would post to /prompt.", 400) from None
    if not isinstance(posted, dict):
        raise NoForecast("The body is no JSON object. Post what you would post to /prompt.", 400)
    prompt = posted.get("prompt")
    # A bare prompt may have a node whose id is "prompt": that one has a class_type.
    return prompt if isinstance(prompt, dict) and "class_type" not in prompt else posted
