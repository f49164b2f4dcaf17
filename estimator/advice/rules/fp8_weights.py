"""Hold the diffusion model's weights in 8 bits.

## What it does
Sets `weight_dtype` of every Load Diffusion Model node whose file is 16-bit to `fp8_e4m3fn`.

## Why it helps
Half the bytes stay on the card, or stream in each step. The file on disk stays as it is.

## Quality
Lossy: details of the picture change a little. A file published in scaled fp8 or GGUF Q8 keeps more.
"""

from __future__ import annotations

from ...forecast import Forecast
from ...formats import bits
from ...workflow.graph import Graph
from ..edits import Edit

CODE = "fp8-weights"
TITLE = "Load the diffusion model in 8 bits (weight_dtype fp8_e4m3fn)"
APPLICABILITY = "lossy"
INPUT, VALUE = "weight_dtype", "fp8_e4m3fn"


def edits(graph: Graph, forecast: Forecast) -> tuple[Edit, ...]:
    """Both experts together, where a model has two."""
    wide = {
        one.node
        for one in forecast.components
        if one.role == "diffusion_model" and bits().get(one.storage_dtype, 0) > 8
    }
    return tuple(
        Edit("set", node.id, INPUT, VALUE) for node in graph.of_type("UNETLoader") if node.id in wide
    )
