"""What this ComfyUI says of its node types."""

import json
import logging
from typing import Any

logger = logging.getLogger("vram_forecast")


def describe(class_type: str) -> dict[str, Any] | None:
    """A node type as ComfyUI's `GET /object_info` describes it; None for one that is not installed."""
    import nodes

    known = getattr(nodes, "NODE_CLASS_MAPPINGS", {}).get(class_type)
    if known is None:
        return None
    try:
        if hasattr(known, "GET_NODE_INFO_V1"):
            return json.loads(json.dumps(known.GET_NODE_INFO_V1()))
        told = {"input": known.INPUT_TYPES(), "output": known.RETURN_TYPES}
        return json.loads(json.dumps(told | {"output_node": getattr(known, "OUTPUT_NODE", False) is True}))
    except Exception:  # another pack's code
        logger.debug("VRAM Forecast: %s does not describe itself", class_type, exc_info=True)
        return None
