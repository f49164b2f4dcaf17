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


# It writes down what ComfyUI sends to whom listens.
SCRIBE = """
import json
from pathlib import Path
from server import PromptServer

NODE_CLASS_MAPPINGS = {}
BOOK = Path(__file__).with_name("sent.jsonl")
send_sync = PromptServer.instance.send_sync


def written(event, data, sid=None):
    if isinstance(data, dict):
        with BOOK.open("a", encoding="utf-8") as book:
            book.write(json.dumps([event, data.get("node"), data.get("value"), data.get("max"), sid]) + "\\n")
    return send_sync(event, data, sid)


PromptServer.instance.send_sync = written
"""


def move_in(custom_nodes: Path, packs: dict[str, str]) -> None:
    """Lay packs into a folder of custom nodes, each by its name and its text."""
    for name, text in packs.items():
        (custom_nodes / name).mkdir(parents=True)
        (custom_nodes / name / "__init__.py").write_text(text, encoding="utf-8")
