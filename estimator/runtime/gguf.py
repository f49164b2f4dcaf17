"""What ComfyUI-GGUF holds of a GGUF file: raw blocks, and what turns them into numbers.

Specification: shared reference comfyui-memory.md 10, which cites ComfyUI-GGUF 795e451 loader.py and
ops.py:145-158. Constants: `data/managers/constants.toml`, table `gguf`.
"""

from __future__ import annotations

from typing import Any

from .. import facts
from ..formats import Tensor, packed, size
from ..models import Component, Module
from ..units import ZERO, Estimate


def is_gguf(component: Component) -> bool:
    """Whether the component comes from a GGUF file."""
    return component.format == "gguf"


def rule() -> dict[str, Any]:
    """The constants of ComfyUI-GGUF."""
    table: dict[str, Any] = facts.table("managers/constants")["gguf"]
    return table


def held_in(tensor: Tensor, component: Component) -> str:
    """The type in which a tensor is held: the file's own, but for what is widened when it is loaded."""
    if tensor.dtype == "BF16" and len(tensor.shape) < 2:
        return "F32"
    return (
        "F16" if is_embedding(tensor, component) and tensor.shape[0] >= rule()["wide_rows"] else tensor.dtype
    )


def is_embedding(tensor: Tensor, component: Component) -> bool:
    """Whether this is a text encoder's table of token embeddings, still packed."""
    names = rule()["embeddings"]
    return component.role == "text_encoder" and tensor.name in names and dequantised(tensor.dtype)


def dequantised(dtype: str) -> bool:
    """Whether ComfyUI-GGUF turns this type into numbers at every use."""
    return packed(dtype) or dtype == "BF16"


def largest(component: Component) -> Tensor | None:
    """The largest tensor that is dequantised at use."""
    found = [tensor for tensor in component.tensors if dequantised(held_in(tensor, component))]
    return max(found, key=lambda tensor: tensor.parameters, default=None)


def copied(component: Component) -> str:
    """The tensor that ComfyUI-GGUF counts a copy of; empty where that is widened at load, which ends it.

    It is the one of most bytes in the file (loader.py:133-137: `numel` of raw bytes).
    """
    if "copied" not in component.kept:
        found = [tensor for tensor in component.tensors if dequantised(tensor.dtype)]
        top = max(found, key=lambda tensor: tensor.nbytes, default=None)
        lasts = top is not None and dequantised(held_in(top, component))
        component.kept["copied"] = top.name if top is not None and lasts else ""
    name: str = component.kept["copied"]
    return name


def layer_sizes(module: Module, component: Component, compute: str) -> tuple[int, int]:
    """Bytes of a layer as ComfyUI counts them, and those that it adds for streaming the layer."""
    top, own, cast = copied(component), 0, 0
    for tensor in module.tensors:
        dtype = held_in(tensor, component)
        raw = size(tensor.parameters, dtype)
        own += raw
        if dequantised(dtype):
            cast += raw * rule()["offload_factor"]
        elif dtype != compute:
            cast += size(tensor.parameters, compute)
        if tensor.name == top:
            own += size(tensor.parameters, rule()["copy"])
    return own, cast


def embeds_whole(component: Component) -> bool:
    """Whether a text encoder's embeddings are dequantised as a whole at each use."""
    found = [tensor for tensor in component.tensors if is_embedding(tensor, component)]
    return any(dequantised(held_in(tensor, component)) for tensor in found)


def temporaries(component: Component) -> Estimate:
    """Bytes that unpacking the largest layer takes beside its result and the copy that is counted already."""
    top = largest(component) if is_gguf(component) else None
    if top is None:
        return ZERO
    row, counted = rule()["temporary_bytes"], size(1, rule()["copy"])
    low, best, high = (max(0, row[end] - counted) * top.parameters for end in ("low", "best", "high"))
    return Estimate(low, best, high, "modelled")
