"""What `comfy_entrypoint` hands to ComfyUI: a new node is one module, and its class in this list."""

import logging
from collections.abc import Callable
from pathlib import Path

from comfy_api.v0_0_2 import ComfyExtension

from .host import serving
from .record import register_recorder
from .serving.guard import register_guard
from .serving.routes import register_routes
from .shown.compare import GPUCompare
from .shown.forecast import VRAMForecast
from .shown.gate import Gate
from .shown.history import RunHistory
from .shown.inspector import ModelInspector
from .shown.table import ModelTable

logger = logging.getLogger("vram_forecast")
NODES = [VRAMForecast, Gate, ModelInspector, GPUCompare, ModelTable, RunHistory]
# What else the pack adds. Not in `Extension.on_load`, which ComfyUI 0.8 never calls.
ADDED: tuple[Callable[[], object], ...] = (register_routes, register_guard, register_recorder)
WEB = "vram-forecast-web"  # what its files are served under where they cannot be under its folder's own name


def begin(folder: Path) -> "Extension":
    """All that the pack in `folder` adds to ComfyUI; nothing where another copy of it was loaded before."""
    first = serving.claim(folder)
    if first != folder:
        logger.warning("VRAM Forecast is installed twice; %s is used, remove %s", first, folder)
        serving.hide_web(folder)
        return Extension([])
    serving.serve_web(folder, WEB)
    for add in ADDED:
        add()
    return Extension(NODES)


class Extension(ComfyExtension):
    """The nodes of this pack."""

    def __init__(self, nodes):
        """`nodes`: their classes."""
        self.nodes = nodes

    async def get_node_list(self):
        """Called by ComfyUI once, when it loads the pack."""
        if self.nodes:
            names = ", ".join(node.define_schema().display_name for node in self.nodes)
            logger.info("VRAM Forecast is ready; nodes: %s", names)
        return self.nodes
