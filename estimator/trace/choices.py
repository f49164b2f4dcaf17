"""Rows that a mask picks, where masks have no values: mixtures of experts send each token to some of them."""

from __future__ import annotations

from typing import Any

import torch
from torch.overrides import TorchFunctionMode


class EvenChoice(TorchFunctionMode):
    """Inside, a mask along a tensor's first sides picks one row in so many, as an even choice would."""

    def __init__(self, ways: int) -> None:
        """`ways` is how many masks share the rows between them; 0 leaves everything as it is."""
        super().__init__()
        self.ways = ways

    def __torch_function__(  # type: ignore[no-untyped-def]
        self, func, types, args=(), kwargs=None
    ):
        """Indexing by a mask by as many indices, and how often each was chosen; anything else as it is."""
        if self.ways and func in (torch.Tensor.__getitem__, torch.Tensor.__setitem__) and _is_mask(args[1]):
            rows = args[1].new_empty(args[1].numel() // self.ways, dtype=torch.int64)
            args = (args[0].flatten(0, args[1].dim() - 1), rows, *args[2:])
        if self.ways and func is torch.Tensor.bincount:
            return Counts(args[0].numel() // self.ways, self.ways)
        return func(*args, **(kwargs or {}))


class Alike(TorchFunctionMode):
    """Inside, whether numbers differ is answered no: a fake mask has none, and is of whole frames."""

    def __torch_function__(  # type: ignore[no-untyped-def]
        self, func, types, args=(), kwargs=None
    ):
        """A tensor asked for a truth has none; anything else as it is."""
        return False if func is torch.Tensor.__bool__ else func(*args, **(kwargs or {}))


class Counts:
    """How often each expert was chosen, all as often."""

    def __init__(self, each: int, ways: int) -> None:
        """`each` tokens to each of so many experts."""
        self.each, self.ways = each, ways

    def cumsum(self, _: int) -> list[int]:
        """How often each expert or one before it was."""
        return [self.each * (at + 1) for at in range(self.ways)]


def _is_mask(index: Any) -> bool:
    """Whether an index is a mask."""
    return isinstance(index, torch.Tensor) and index.dtype == torch.bool and index.dim() > 0
