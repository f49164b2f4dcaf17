"""Whole numbers with values among fake tensors: windows and grids decide shapes, so they must be known."""

from __future__ import annotations

from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensor, unset_fake_temporarily
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves, tree_map

# What makes a tensor of values that are given; grids of positions come from the last.
MAKERS = (torch.arange, torch.tensor, torch.linspace)


class RealIndices(TorchFunctionMode):
    """Makes tensors of whole numbers for real, in RAM, and what is worked out of them alone too.

    Those count nothing on the meter: they are a few bytes a token.
    """

    def __torch_function__(  # type: ignore[no-untyped-def]
        self, func, types, args=(), kwargs=None
    ):
        """A function of real tensors, or one that makes whole numbers, by their values; others as is."""
        kwargs = kwargs or {}
        tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, torch.Tensor)]
        real = bool(tensors) and not any(isinstance(tensor, FakeTensor) for tensor in tensors)
        if not real and (tensors or func not in MAKERS):
            return func(*args, **kwargs)
        with unset_fake_temporarily():
            out = func(*tree_map(_in_ram, args), **tree_map(_in_ram, kwargs))
            args = tree_map(_number, args)
        if func in MAKERS[:2] and out.is_floating_point():
            return func(*args, **kwargs)
        return out


def _number(value: Any) -> Any:
    """The number that a tensor without dimensions holds."""
    return value.item() if isinstance(value, torch.Tensor) and not value.dim() else value


def _in_ram(value: Any) -> Any:
    """The processor in place of a device."""
    return torch.device("cpu") if isinstance(value, torch.device) or value == "cuda" else value
