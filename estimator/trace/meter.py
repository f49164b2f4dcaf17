"""What a forward allocates: live bytes at every operation, FLOPs, convolutions, and attentions."""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from math import prod
from typing import Any, NamedTuple

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry

# The block size of torch's CUDA caching allocator (c10/cuda/CUDACachingAllocator.cpp, kMinBlockSize).
BLOCK = 512
# What a fraction read out of a fake tensor is taken for (a time, a position): no size is made of one.
SOME = 0.5
# Attention to a window of neighbours in three dimensions, which torch has no formula for (LTX-2.5's decoder).
NEIGHBOURHOOD = "comfy_kitchen::na3d"


class Attention(NamedTuple):
    """One attention: batch times heads, queries, keys, channels per head, bytes live with its output."""

    heads: int
    queries: int
    keys: int
    channels: int
    live: int

    @property
    def scores(self) -> int:
        """Elements of its whole score matrix."""
        return self.heads * self.queries * self.keys


class Meter(TorchDispatchMode):
    """Counts the storages of one device type that come into being while it is active, as an allocator would.

    A storage first met as an argument existed before and counts zero, also through its views.
    """

    def __init__(self, device: str) -> None:
        """`device` is the pretended type, "cuda" or "cpu"; storages elsewhere count zero."""
        super().__init__()
        self.device = device
        self.live = 0  # as an allocator counts, in whole blocks
        self.peak = 0
        # Live bytes after every operation that allocates, unrounded: so laws come out exact, and views, of
        # which a batch of one has more, do not count as program points.
        self.series: list[int] = []
        self.convs: list[int] = []  # input plus output bytes of every convolution
        self.attentions: list[Attention] = []
        self.flops = 0
        self._exact = 0
        self._known: dict[int, weakref.ref[Any]] = {}

    def __torch_dispatch__(  # type: ignore[no-untyped-def]
        self, func, types, args=(), kwargs=None
    ):
        """Run one operation and account for what it made."""
        kwargs = kwargs or {}
        if func is torch.ops.aten._local_scalar_dense.default and args[0].is_floating_point():
            return SOME
        for storage in self._storages((args, kwargs)):
            self._meet(storage, 0)
        out = func(*args, **kwargs)
        new = [self._meet(storage, storage.nbytes()) for storage in self._storages(out)]
        if any(new):
            self.peak = max(self.peak, self.live)
            self.series.append(self._exact)
        self._count(func, args, kwargs, out)
        return out

    def attend(self, heads: int, queries: int, keys: int, channels: int, element: int) -> None:
        """Note one attention, before its output is made; `element`: bytes of one of its numbers."""
        output = heads * queries * channels * element
        self.attentions.append(Attention(heads, queries, keys, channels, self._exact + output))

    def _storages(self, tree: Any) -> Iterable[Any]:
        """Storages of the tensors in a tree of arguments that lie on the device."""
        for leaf in tree_leaves(tree):
            if isinstance(leaf, torch.Tensor) and leaf.device.type == self.device:
                yield leaf.untyped_storage()

    def _meet(self, storage: Any, size: int) -> bool:
        """Know a storage from now until it dies; `size` is what its death gives back. Whether it is new."""
        key = storage._cdata
        if key in self._known:
            return False
        blocks = -(-size // BLOCK) * BLOCK
        self.live += blocks
        self._exact += size

        def died(_: Any) -> None:
            self.live -= blocks
            self._exact -= size
            del self._known[key]

        self._known[key] = weakref.ref(storage, died)
        return True

    def _count(self, func: Any, args: Any, kwargs: Any, out: Any) -> None:
        """FLOPs by torch's own formulas, and the bytes of convolutions."""
        packet = func._overloadpacket
        if packet in flop_registry:
            self.flops += flop_registry[packet](*args, **kwargs, out_val=out)
        if func.name() == NEIGHBOURHOOD:
            self.flops += _of_neighbours(args[0], args[3])
        if packet is torch.ops.aten.convolution:
            self.convs.append(args[0].nbytes + out.nbytes)


def _of_neighbours(queries: Any, window: list[int]) -> int:
    """FLOPs of each query's scores with the keys of its window, and of their values; windows end at edges."""
    sides = queries.shape[1:4]
    keys = prod(min(size, side) for size, side in zip(window, sides, strict=True))
    return int(4 * queries.numel() * keys)
