"""Attention as a fused kernel does it: one output, no score matrix."""

from __future__ import annotations

from math import prod
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from .meter import Meter

SDPA = torch.nn.functional.scaled_dot_product_attention


class FusedAttention(TorchFunctionMode):
    """Answers `scaled_dot_product_attention` with an output alone, and counts its FLOPs in the meter.

    The mode is thread-local, so nothing is patched. Flash and memory-efficient kernels make their output
    like the query seen as (batch, tokens, heads, channels), so it keeps the query's order in memory
    (`mha_fwd` in aten/src/ATen/native/transformers/cuda/flash_attn/flash_api.cpp).
    """

    def __init__(self, meter: Meter) -> None:
        """`meter` gets the FLOPs."""
        super().__init__()
        self.meter = meter

    def __torch_function__(  # type: ignore[no-untyped-def]
        self, func, types, args=(), kwargs=None
    ):
        """Attention by `_fused`, anything else as it is."""
        if func is not SDPA:
            return func(*args, **(kwargs or {}))
        return self._fused(*args[:3])

    def _fused(self, query: Any, key: Any, value: Any) -> Any:
        """The output for (..., tokens, channels) tensors; FLOPs of both products."""
        *batch, rows, channels = query.shape
        heads, keys = prod(batch), key.shape[-2]
        self.meter.flops += 2 * heads * rows * keys * (channels + value.shape[-1])
        self.meter.attend(heads, rows, keys, value.shape[-1], query.itemsize)
        if value.shape[-1] != channels:
            return query.new_empty((*batch, rows, value.shape[-1]))
        return torch.empty_like(query.transpose(-2, -3)).transpose(-2, -3)
