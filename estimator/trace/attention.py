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
        if torch.is_grad_enabled() and (query.requires_grad or key.requires_grad or value.requires_grad):
            if torch.is_autocast_enabled(query.device.type):
                dtype = torch.get_autocast_dtype(query.device.type)
                query, key, value = (one.to(dtype) for one in (query, key, value))
            return _Differentiable.apply(query, key, value, self)
        return self.output(query, key, value)

    def output(self, query: Any, key: Any, value: Any) -> Any:
        """The output, without a gradient."""
        *batch, rows, channels = query.shape
        heads, keys = prod(batch), key.shape[-2]
        self.meter.flops += 2 * heads * rows * keys * (channels + value.shape[-1])
        self.meter.attend(heads, rows, keys, value.shape[-1], query.itemsize)
        if value.shape[-1] != channels:
            return query.new_empty((*batch, rows, value.shape[-1]))
        return torch.empty_like(query.transpose(-2, -3)).transpose(-2, -3)


class _Differentiable(torch.autograd.Function):
    """Attention with what its backward takes: inputs, output and a sum for each query are kept.

    The backward makes three gradients, and beside them the query's in 32 bits and a number for each query;
    it multiplies five times where the forward does twice (`mha_bwd` in flash_api.cpp, as above).
    """

    @staticmethod
    def forward(ctx: Any, query: Any, key: Any, value: Any, kernel: FusedAttention) -> Any:
        """The output."""
        out = kernel.output(query, key, value)
        sums = query.new_empty(query.shape[:-1], dtype=torch.float32)
        ctx.save_for_backward(query, key, value, out, sums)
        ctx.kernel = kernel
        return out

    @staticmethod
    def backward(ctx: Any, *_: Any) -> Any:
        """The gradients of the three inputs."""
        query, key, value, _, sums = ctx.saved_tensors
        heads, channels = prod(query.shape[:-2]), query.shape[-1]
        products = 2 * heads * query.shape[-2] * key.shape[-2]
        ctx.kernel.meter.flops += products * (3 * channels + 2 * value.shape[-1])
        beside = torch.empty_like(sums), torch.empty_like(query, dtype=torch.float32)
        found = torch.empty_like(query), torch.empty_like(key), torch.empty_like(value)
        del beside
        return *found, None
