"""What the dynamic manager stages of a model, in pages, and what it loads at once because it has no page.

Specification: ComfyUI 0.33.0 comfy/model_patcher.py:941-980 (`_load_list`), 1853-2035
(`ModelPatcherDynamic.load`) and comfy/memory_management.py:124-137 (`vram_aligned_size`). Checked beside the
real loader: tests/runtime/test_staging.py.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import accumulate
from typing import NamedTuple, Protocol

from .. import facts
from ..formats import size
from ..models import Module, is_scale
from ..units import KIB


class Staged(NamedTuple):
    """A layer by the dynamic manager, bytes: `stored` in the file; `pages` that it takes, if any.

    `cost`: by which its place is found; `apart`: what of it is neither weight nor bias, and loaded at once.
    """

    stored: int
    cost: int
    pages: int
    apart: int


NOWHERE = Staged(0, 0, 0, 0)


class Rule(NamedTuple):
    """The constants that decide it (`data/managers/constants.toml`, table `dynamic`), bytes."""

    align: int
    first: int
    apart: frozenset[str]


@cache
def rule() -> Rule:
    """The constants, read once."""
    row = facts.table("managers/constants")["dynamic"]
    return Rule(int(row["align_bytes"]), int(row["first_kib"]) * KIB, frozenset(row["apart"]))


def staged(module: Module, types: Mapping[str, str], manual: str) -> Staged:
    """A layer whose tensors are held in `types`, by name.

    `manual`: the type that the model's weights are cast to at use, or empty.
    """
    align, _, names = rule()
    stored = cost = pages = apart = 0
    for tensor in module.tensors:
        stored += tensor.nbytes
        own = size(tensor.parameters, types[tensor.name])
        if tensor.name.rpartition(".")[2] in names:
            apart += own
        else:
            pages += aligned(own, align)
        if manual and tensor.dtype != manual and not is_scale(tensor):
            cost += size(tensor.parameters, manual)
    return Staged(stored, stored + cost, pages if module.castable and module.leaf else 0, apart)


def aligned(size: int, to: int) -> int:
    """`size` rounded up to a multiple."""
    return -(-size // to) * to


class Paged(Protocol):
    """What is asked of a layer here (`weights.Layer`)."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def bytes(self) -> int:
        """Its bytes in the types it is held in."""

    @property
    def paged(self) -> Staged:
        """It, by the dynamic manager."""


class Staging:
    """A model's address range: its layers in the order of their addresses, of which the first stay longest.

    `units`: bytes of each layer's pages; `places`: where it is among the model's layers; `bytes`: of all
    pages; `forced`: of what is loaded at once; `stored`: of the model in its file.
    """

    def __init__(self, layers: Sequence[Paged], tiny: int, blocks: str = "") -> None:
        """`tiny`: a layer of at most so many bytes is loaded at once; `blocks`: those fetched as a whole."""
        align, first, _ = rule()
        found = [(at, one) for at, one in enumerate(layers) if one.paged.pages and one.paged.stored > tiny]
        found.sort(
            key=lambda item: (
                item[1].paged.cost >= first,
                -item[1].paged.cost,
                item[1].paged.stored,
                item[1].name,
            )
        )
        self.places = tuple(at for at, _ in found)
        self.units = tuple(one.paged.pages for _, one in found)
        self.ends = tuple(accumulate(self.units))
        self.bytes = self.ends[-1] if found else 0
        self.sizes = tuple(one.bytes for _, one in found)
        self.before = (0, *accumulate(self.sizes))
        self.moved = tuple(aligned(one.paged.stored, align) for _, one in found)
        names = [blocks and block_of(one.name, blocks) for _, one in found]
        self.stored = sum(one.paged.stored for one in layers)
        self.forced = sum(one.bytes for one in layers) - self.before[-1]
        self.forced += sum(one.paged.apart for _, one in found)
        self.tops = largest_two(self.moved, [name or str(at) for at, name in enumerate(names)])

    def count(self, room: int) -> int:
        """How many of the first layers lie within the first `room` bytes of the range."""
        return len(self.ends) if room >= self.bytes else bisect_right(self.ends, room)

    def streamed(self, count: int) -> int:
        """Bytes of all layers but the first `count`."""
        return self.before[-1] - self.before[count]

    def passing(self, count: int) -> tuple[int, int]:
        """Bytes of the largest two pieces in which all layers but the first `count` pass."""
        return self.tops[count]


def largest_two(sizes: Sequence[int], names: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """For each place the largest two of the sizes from there on, one name's together; at the end none."""
    found, sums, top = [(0, 0)], dict[str, int](), ""
    for one, name in zip(reversed(sizes), reversed(names), strict=True):
        first, second = found[-1]
        own = sums[name] = sums.get(name, 0) + one
        if name == top or own >= first:
            second = second if name == top else first
            first, top = own, name
        else:
            second = max(own, second)
        found.append((first, second))
    return tuple(reversed(found))


def block_of(name: str, blocks: str) -> str:
    """The numbered block under `blocks` that a layer stands in; empty outside of them."""
    found = re.match(rf"(.*\b)?{re.escape(blocks)}\.\d+\.", name)
    return found[0] if found else ""
