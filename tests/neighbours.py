"""Other packs beside this one, as people have them: of the older style, taking hold of the same places."""

from pathlib import Path

# Of the older style; it also wraps the executor and passes every request through itself.
GREETER = """
import logging
import execution
from aiohttp import web
from server import PromptServer


class Greeter:
    INPUT_TYPES = classmethod(lambda cls: {"required": {"name": ("STRING", {"default": "you"})}})
    RETURN_TYPES, FUNCTION, CATEGORY = ("STRING",), "greet", "neighbours"

    def greet(self, name):
        return (f"hello {name}",)


NODE_CLASS_MAPPINGS = {"NeighbourGreeter": Greeter}

execute_async = execution.PromptExecutor.execute_async


async def counted(self, *given, **named):
    logging.info("the neighbour saw a prompt begin")
    try:
        return await execute_async(self, *given, **named)
    finally:
        logging.info("the neighbour saw a prompt end")


execution.PromptExecutor.execute_async = counted


@web.middleware
async def seen(request, handler):
    response = await handler(request)
    response.headers["Neighbour"] = "was here"
    return response


PromptServer.instance.app.middlewares.append(seen)
"""

# Its middleware fails where a request has a header.
BREAKER = """
from aiohttp import web
from server import PromptServer

NODE_CLASS_MAPPINGS = {}


@web.middleware
async def broken(request, handler):
    if "Neighbour-Break" in request.headers:
        raise RuntimeError("the neighbour is broken")
    return await handler(request)


PromptServer.instance.app.middlewares.append(broken)
"""

# Neither style: it fails to load, which is its own affair.
FAILING = "raise RuntimeError('a pack that does not load')\n"


def move_in(custom_nodes: Path) -> None:
    """Lay the packs into a folder of custom nodes."""
    for name, text in {"greeter": GREETER, "breaker": BREAKER, "failing": FAILING}.items():
        (custom_nodes / name).mkdir(parents=True)
        (custom_nodes / name / "__init__.py").write_text(text, encoding="utf-8")
