"""Hold the diffusion model's weights in 8 bits.

## What it does
Sets `weight_dtype` of every Load Diffusion Model node whose file is 16-bit to `fp8_e4m3fn`.

## Why it helps
Half the bytes stay on the card, or stream in each step. The file on disk stays as it is.

## Quality
Lossy: details of the picture change a little. A file published in scaled fp8 or GGUF Q8 keeps more.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...formats import bits
from ...workflow.edits import Edit
from ..case import Case
from ..change import Change

CODE = "fp8-weights"
APPLICABILITY = "lossy"
INPUT, VALUE = "weight_dtype", "fp8_e4m3fn"


def changes(case: Case) -> Iterator[Change]:
    """Both experts together, where a model has two."""
    wide = {
        one.node
        for one in case.forecast.components
        if one.role == "diffusion_model" and bits().get(one.storage_dtype, 0) > 8
    }
    loaders = [node for node in case.graph.of_type("UNETLoader") if node.id in wide]
    if loaders:
        yield Change(
            title="Load the diffusion model in 8 bits (weight_dtype fp8_e4m3fn)",
            edits=tuple(Edit("set", node.id, INPUT, VALUE) for node in loaders),
            harm=6,
            quality="a little lower",
        )
