"""The HTTP routes, under `/vram_forecast`: the command line's answers for this machine, as its JSON.

ComfyUI serves each under `/api` too, and guards them as its own: its middlewares are the whole server's.
"""

import json
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from ..answers import NoForecast, soon
from ..answers.refusal import spoken
from ..answers.settings import ready, setting
from .options import given

MACHINE = ("gpu", "vram", "free", "ram")
PREFIX = "/vram_forecast"


class Route(NamedTuple):
    """What a route is called by, the options that it takes, and what answers."""

    method: str
    name: str
    options: tuple[str, ...]
    answer: Callable[..., bytes | str]


def check(body: bytes, **options: Any) -> bytes:
    """`POST check`: how the workflow in the body runs, and what would help."""
    from ...estimator import api, report
    from ..answers import checked

    return report.encode(checked(body, **{"suggestions": api.SHOWN} | options))


def advise(body: bytes, **options: Any) -> bytes:
    """`POST advise`: the same with all that would help, also where the workflow runs well."""
    from ...estimator import report
    from ..answers import checked

    return report.encode(checked(body, **{"suggestions": None} | options, always=True))


def limits(body: bytes, **options: Any) -> str:
    """`POST limits`: the most that the workflow in the body can ask for."""
    from ...estimator.report import limits as report
    from ..answers import limited

    return report.encode(limited(body, **options))


def inspect(body: bytes) -> str:
    """`POST inspect`: what a model file holds; the body names it by ComfyUI's own lists."""
    from ...estimator.report import tree
    from ..answers import inspected

    return tree.encode([inspected(*named(body))])


def named(body: bytes) -> tuple[str, str]:
    """The folder and the name that a body asks for."""
    try:
        asked = json.loads(body)
        if set(asked) == {"folder", "name"} and all(isinstance(one, str) for one in asked.values()):
            return asked["folder"], asked["name"]
    except (ValueError, TypeError, RecursionError):
        pass
    example = '{"folder": "checkpoints", "name": "x.safetensors"}'
    raise NoForecast(f"Not the name of a model. Write it as {example}.", 400)


def device(body: bytes) -> str:
    """`GET device`: this machine as this ComfyUI uses it."""
    from ...estimator.report import device as report
    from .. import host
    from ..answers.machine import described

    return report.encode(described(host.host().look()))


def history(body: bytes, **options: Any) -> str:
    """`GET history`: the last runs, forecast beside measured, or one of them with its nodes."""
    from ..answers.runs import listed

    return listed(**options)


def runs(body: bytes, **options: Any) -> str:
    """`POST runs`: the last runs of the prompt in the body, and the nodes of the newest that has ended."""
    from ..answers.runs import of_workflow

    return of_workflow(body, **options)


def cards(body: bytes) -> str:
    """`GET cards`: the cards that `gpu` can name, and their memory."""
    from ..answers.cards import listed

    return listed()


def tracing(body: bytes) -> bytes:
    """`GET tracing`: which models are traced in the background, wait, are done or have failed."""
    from ..tracing import state

    return json.dumps(state()).encode()


ROUTES = (
    Route("POST", "check", ("outputs", "suggestions", "always", *MACHINE), check),
    Route("POST", "advise", ("outputs", "suggestions", *MACHINE), advise),
    Route("POST", "limits", ("outputs", "slowdown", *MACHINE), limits),
    Route("POST", "inspect", (), inspect),
    Route("GET", "device", (), device),
    Route("GET", "history", ("runs", "run", "graph"), history),
    Route("POST", "runs", ("runs",), runs),
    Route("GET", "cards", (), cards),
    Route("GET", "tracing", (), tracing),
)


def register_routes() -> None:
    """Add the routes to ComfyUI's server."""
    from ..host.serving import server

    for route in ROUTES:
        server().routes.route(route.method, f"{PREFIX}/{route.name}")(partial(handle, route))


async def handle(route: Route, request: Any) -> Any:
    """Answer a request, off the event loop."""
    from aiohttp import web

    headers = {"Cache-Control": "no-store"}
    try:
        await ready()
        body, query = await body_of(request), tuple(request.query.items())
        content = await soon((route.name, query, body), partial(answer, route, query, body))
        status = 200
    except NoForecast as why:
        status, content = why.status, json.dumps({"error": str(why)}).encode()
        if status == 503:
            headers["Retry-After"] = str(setting("retry_seconds"))
    return web.Response(status=status, body=content, content_type="application/json", headers=headers)


def answer(route: Route, query: tuple[tuple[str, str], ...], body: bytes) -> bytes:
    """The JSON that a route answers with; reads files, so it runs in a thread. Raises `NoForecast`."""
    with spoken():
        options = given(query, route.options)
        content = route.answer(body, **options)
        return content.encode() if isinstance(content, str) else content


async def body_of(request: Any) -> bytes:
    """What is sent along; beyond ComfyUI's bound for uploads, and ours, it raises `NoForecast`."""
    from aiohttp.web import HTTPRequestEntityTooLarge

    most = setting("body_bytes")
    try:
        body = b"" if (request.content_length or 0) > most else await request.read()
    except HTTPRequestEntityTooLarge:
        body = None
    if body is None or max(len(body), request.content_length or 0) > most:
        raise NoForecast(f"Larger than {most >> 20} MiB. Send the workflow alone.", 400)
    return body
