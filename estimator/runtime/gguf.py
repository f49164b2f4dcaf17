"""What ComfyUI-GGUF holds of a GGUF file: raw blocks, and what turns them into numbers.

Constants: `data/managers/constants.toml`, tables `gguf` and `unpacking`. Checked beside what the pack itself
made: tests/runtime/test_gguf_pack.py.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from .. import facts
from ..formats import Tensor, packed, size
from ..models import Component, Module
from ..units import ZERO, Estimate

RAW = "U8"  # the type that packed tensors have for torch


class Unpacked(NamedTuple):
    """How a model of a GGUF file is made. `own`: the type of layers that are not packed.

    Empty where those take the file's tensors too, as with dynamic VRAM on (comfy/sd.py:2322 of 0.33.0).
    `cast`: the type that ComfyUI takes all weights to be cast to, empty where it knows of no cast.
    """

    own: str
    cast: str = ""


def is_gguf(component: Component) -> bool:
    """Whether the component comes from a GGUF file."""
    return component.format == "gguf"


def rule() -> dict[str, Any]:
    """The constants of ComfyUI-GGUF."""
    table: dict[str, Any] = facts.table("managers/constants")["gguf"]
    return table


def held_in(tensor: Tensor, module: Module, component: Component, own: str) -> str:
    """The type in which a tensor is held: the file's, but for what is widened or belongs to a plain layer.

    Linear layers and packed ones are replaced by the file's tensors, others copy them into their own type
    (ops.py:92-128 of the pack).
    """
    if own and not replaced(module, component):
        return own
    if tensor.dtype == "BF16" and len(tensor.shape) < 2:
        return "F32"
    return (
        "F16" if is_embedding(tensor, component) and tensor.shape[0] >= rule()["wide_rows"] else tensor.dtype
    )


def replaced(module: Module, component: Component) -> bool:
    """Whether a layer takes the file's tensors as they are: it is packed, or linear."""
    return any(
        dequantised(one.dtype) if len(one.shape) > 1 else packed(one.dtype) for one in module.tensors
    ) or any(
        len(one.shape) == 2 and one.name.endswith(".weight") and not looked_up(one, component)
        for one in module.tensors
    )


def looked_up(tensor: Tensor, component: Component) -> bool:
    """Whether a text encoder looks rows up in it, and does not multiply with it."""
    return component.role == "text_encoder" and tensor.name.endswith(tuple(rule()["lookups"]))


def is_embedding(tensor: Tensor, component: Component) -> bool:
    """Whether this is a text encoder's table of token embeddings, still packed."""
    names = rule()["embeddings"]
    return component.role == "text_encoder" and tensor.name in names and dequantised(tensor.dtype)


def dequantised(dtype: str) -> bool:
    """Whether ComfyUI-GGUF turns this type into numbers at every use."""
    return packed(dtype) or dtype == "BF16"


def largest(component: Component) -> Tensor | None:
    """The packed tensor of most bytes, the first of them: its copy is what ComfyUI-GGUF accounts for.

    None where that one is widened when it is loaded, which loses its mark.
    """
    found = [one for one in component.tensors if dequantised(one.dtype) and len(one.shape) > 1]
    top = max(found, key=lambda one: one.nbytes, default=None)
    if top is None or (is_embedding(top, component) and top.shape[0] >= rule()["wide_rows"]):
        return None
    return top


def layer_sizes(module: Module, component: Component, made: Unpacked) -> tuple[int, int, int]:
    """Bytes of a layer, of a copy that ComfyUI counts with it, and what it adds for streaming the layer."""
    top, own, copy, cast = top_of(component), 0, 0, 0
    for tensor in module.tensors:
        dtype = held_in(tensor, module, component, made.own)
        own += size(tensor.parameters, dtype)
        elements, seen = counted(tensor, dtype)
        if made.cast and seen != made.cast:
            cast += size(elements, made.cast)
        if tensor is top:
            copy = size(tensor.parameters, rule()["copy"])
    return own, copy, cast


def top_of(component: Component) -> Tensor | None:
    """`largest`, worked out once."""
    if "gguf_largest" not in component.kept:
        component.kept["gguf_largest"] = largest(component)
    found: Tensor | None = component.kept["gguf_largest"]
    return found


def counted(tensor: Tensor, dtype: str) -> tuple[int, str]:
    """The elements that torch tells of a tensor, and their type: the bytes, where it is packed."""
    return (size(tensor.parameters, dtype), RAW) if dequantised(dtype) else (tensor.parameters, dtype)


def copied(component: Component, compute: str) -> int:
    """Bytes of the largest matrix in the type that it is computed in: what unpacking it results in."""
    sizes = (size(t.parameters, compute) for t in component.tensors if dequantised(t.dtype))
    return max(sizes, default=0)


def embeds_whole(component: Component) -> bool:
    """Whether a text encoder's embeddings are dequantised as a whole at each use."""
    found = [one for one in component.tensors if is_embedding(one, component)]
    return any(one.shape[0] < rule()["wide_rows"] for one in found)


def temporaries(component: Component, compute: str) -> Estimate:
    """Bytes that unpacking takes beside its result, for the layer that takes most.

    Traced for each type; whether that moment is the one of the peak is not, hence from nothing on.
    """
    if not is_gguf(component):
        return ZERO
    if ("unpacking", compute) not in component.kept:
        each = map(unpacking(compute), component.tensors)
        component.kept["unpacking", compute] = round(max(each, default=0))
    most = component.kept["unpacking", compute]
    return Estimate(0, most, most, "modelled") if most else ZERO


def unpacking(compute: str) -> Any:
    """What gives the bytes that unpacking a tensor into a type takes beside the result."""
    rows = {row["type"]: row for row in facts.table("managers/constants")["unpacking"]["type"]}

    def taken(tensor: Tensor) -> float:
        row = rows.get(tensor.dtype) if len(tensor.shape) > 1 else None
        return tensor.parameters * row.get(compute, max(row["F16"], row["BF16"])) if row else 0.0

    return taken
