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

# Loaders of GGUF files as ComfyUI-GGUF calls them, which load nothing.
LOADERS = """
import folder_paths

for key, beside in (("unet_gguf", "diffusion_models"), ("clip_gguf", "text_encoders")):
    folder_paths.folder_names_and_paths[key] = (folder_paths.get_folder_paths(beside), {".gguf"})


def files(*keys):
    return (sorted({name for key in keys for name in folder_paths.get_filename_list(key)}),)


class Loader:
    FUNCTION, CATEGORY = "load", "neighbours"

    def load(self, **named):
        raise RuntimeError(f"a neighbour of the tests loads nothing: {named}")


class Model(Loader):
    INPUT_TYPES = classmethod(lambda cls: {"required": {"unet_name": files("unet_gguf")}})
    RETURN_TYPES = ("MODEL",)


def encoders(names, kinds):
    def inputs(cls):
        given = {name: files("text_encoders", "clip_gguf") for name in names}
        return {"required": given | ({"type": (kinds,)} if kinds else {})}

    return type("Encoders", (Loader,), {"INPUT_TYPES": classmethod(inputs), "RETURN_TYPES": ("CLIP",)})


ONE = ["stable_diffusion", "sd3", "mochi", "ltxv", "wan", "hidream", "chroma", "qwen_image", "lumina2"]
TWO = ["sdxl", "sd3", "flux", "hunyuan_video", "hidream", "hunyuan_image", "kandinsky5", "ltxv"]
NUMBERED = [f"clip_name{number}" for number in range(1, 5)]
NODE_CLASS_MAPPINGS = {
    "UnetLoaderGGUF": Model,
    "CLIPLoaderGGUF": encoders(["clip_name"], ONE),
    "DualCLIPLoaderGGUF": encoders(NUMBERED[:2], TWO),
    "TripleCLIPLoaderGGUF": encoders(NUMBERED[:3], []),
    "QuadrupleCLIPLoaderGGUF": encoders(NUMBERED, []),
}
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

# It gives ComfyUI's executor and registry other names before any pack loads, as a later version may.
RENAMER = """
import asyncio
import importlib.machinery
import sys


class Renaming:
    def find_spec(self, name, path=None, target=None):
        if name != "execution":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        real = spec.loader.exec_module

        def exec_module(module):
            real(module)
            rename(module)

        spec.loader.exec_module = exec_module
        return spec


def rename(execution):
    executor = execution.PromptExecutor
    executor.run_async = executor.execute_async
    executor.execute = lambda self, *given, **named: asyncio.run(self.run_async(*given, **named))
    progress = sys.modules["comfy_execution.progress"]
    progress.register_progress_handler = progress.add_progress_handler
    del executor.execute_async, progress.add_progress_handler


sys.meta_path.insert(0, Renaming())
"""


def move_in(custom_nodes: Path, packs: dict[str, str], file: str = "__init__.py") -> None:
    """Lay packs into a folder of custom nodes, each by its name and a text, which is that of `file`."""
    for name, text in packs.items():
        (custom_nodes / name).mkdir(parents=True)
        for place, content in {"__init__.py": "NODE_CLASS_MAPPINGS = {}\n", file: text}.items():
            (custom_nodes / name / place).write_text(content, encoding="utf-8")
