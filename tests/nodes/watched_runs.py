"""Run by a test with ComfyUI's folder as the working folder: its own executor runs prompts that we watch.

Its one argument is this checkout. Prints what was told, as JSON, in the last line.
"""

import importlib.util
import inspect
import json
import sys
from pathlib import Path
from types import SimpleNamespace

checkout = sys.argv.pop()
sys.argv[1:] = ["--cpu"]
sys.path.insert(0, str(Path.cwd()))

import comfy.options  # noqa: E402

comfy.options.enable_args_parsing()

import comfy.model_management  # noqa: E402
import execution  # noqa: E402
import torch  # noqa: E402
from comfy_execution.graph_utils import GraphBuilder  # noqa: E402
from comfy_execution.progress import get_progress_state  # noqa: E402

import nodes  # noqa: E402


class Node:
    """What the nodes of this file have in common; `kind` says what each of them does."""

    RETURN_TYPES, FUNCTION, CATEGORY, OUTPUT_NODE = ("INT",), "run", "x", True

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"kind": ("STRING", {})}, "hidden": {"node": "UNIQUE_ID"}}

    def run(self, kind, node):
        if kind == "fails":
            raise ValueError("a man in a hat")
        if kind == "fills the card":
            raise torch.cuda.OutOfMemoryError("Allocation on device")
        if kind == "is stopped":
            raise comfy.model_management.InterruptProcessingException()
        if kind == "makes another":
            graph = GraphBuilder()
            made = graph.node("Node", kind="counts")
            return {"result": (made.out(0),), "expand": graph.finalize()}
        get_progress_state().update_progress(node, 3.0, 20.0)
        return (1,)


class Told:
    """A listener that keeps everything; of a prompt, its nodes."""

    def __init__(self):
        self.all = []

    def __getattr__(self, name):
        def told(*said):
            if name == "prompt_started":
                said = (said[0], list(said[1]), said[2])
            self.all.append((name, *said))

        return told


spec = importlib.util.spec_from_file_location("vram_forecast", Path(checkout, "__init__.py"))
sys.modules["vram_forecast"] = module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
from vram_forecast.nodes.host import host  # noqa: E402

nodes.NODE_CLASS_MAPPINGS["Node"] = Node
server = SimpleNamespace(client_id=None, last_node_id=None, send_sync=lambda *told: None)
originals = (execution.reset_progress_state, execution.PromptExecutor.execute_async)
told = Told()
end = host().watch(told)
arguments = {"cache_args": {"lru": 0, "ram": 0, "ram_inactive": 0}}
older = "cache_args" not in inspect.signature(execution.PromptExecutor).parameters
executor = execution.PromptExecutor(
    server, cache_type=execution.CacheType.CLASSIC, **({} if older else arguments)
)
runs = {}
for kind in ("counts", "counts", "makes another", "fails", "fills the card", "is stopped"):
    told.all.clear()
    executor.execute({"1": {"class_type": "Node", "inputs": {"kind": kind}}}, "p", {}, ["1"])
    runs.setdefault(kind if kind not in runs else f"{kind} again", list(told.all))
end()
host().forget_peak()
back = originals == (execution.reset_progress_state, execution.PromptExecutor.execute_async)
sys.stdout.write(json.dumps({"runs": runs, "back": back, "memory": host().memory()}) + "\n")
