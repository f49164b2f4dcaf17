"""What every traced model is made of: fake tensors of a header's shapes, and the casts that weights need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from .. import facts

DTYPES = {
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2,
    "I64": torch.int64,
    "I32": torch.int32,
    "U8": torch.uint8,
    "I8": torch.int8,
    "BOOL": torch.bool,
}

# The tensors of a header as data/headers keeps it: name -> (safetensors dtype, shape).
Header = Mapping[str, Any]
# Among them, as in a safetensors file, what the file says of itself: some models read their shape there.
METADATA = "__metadata__"


def of_slug(slug: str) -> dict[str, Any]:
    """A header of data/headers, its metadata with it where there is any."""
    kept = facts.header(slug)
    told = {METADATA: kept["metadata"]} if kept["metadata"] else {}
    return {**kept["tensors"], **told}


def state_dict(header: Header, device: str, prefix: str = "") -> dict[str, Any]:
    """The header's tensors whose names start with `prefix`, under the rest of their names."""
    return {
        name[len(prefix) :]: torch.empty(kept[1], dtype=DTYPES[kept[0]], device=device)
        for name, kept in header.items()
        if name.startswith(prefix) and name != METADATA
    }


def largest_cast(module: Any, compute: torch.dtype) -> int:
    """Bytes, in the compute dtype, of the largest weight that is cast for each use; 0 where none is."""
    module = getattr(module, "first_stage_model", module)
    sizes = [
        part.weight.numel() * compute.itemsize
        for part in module.modules()
        if getattr(part, "comfy_cast_weights", False) and part.weight is not None
        if part.weight.dtype != compute and not _looked_up(part)
    ]
    return max(sizes, default=0)


def _looked_up(part: Any) -> bool:
    """Whether it is an embedding in 16 bits: its rows are looked up as they are, and cast after."""
    return isinstance(part, torch.nn.Embedding) and part.weight.itemsize == 2
