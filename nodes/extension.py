"""What `comfy_entrypoint` hands to ComfyUI: a new node is one module, and its class in this list."""

import logging

from comfy_api.v0_0_2 import ComfyExtension

from .shown.compare import GPUCompare
from .shown.forecast import VRAMForecast
from .shown.gate import Gate
from .shown.history import RunHistory
from .shown.inspector import ModelInspector
from .shown.table import ModelTable

NODES = [VRAMForecast, Gate, ModelInspector, GPUCompare, ModelTable, RunHistory]


class Extension(ComfyExtension):
    """The nodes of this pack."""

    async def get_node_list(self):
        """Called by ComfyUI once, when it loads the pack."""
        names = ", ".join(node.define_schema().display_name for node in NODES)
        logging.getLogger("vram_forecast").info("VRAM Forecast is ready; nodes: %s", names)
        return NODES
