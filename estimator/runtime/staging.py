"""What the dynamic manager stages of a layer, and what it loads at once because it cannot be paged.

Specification: ComfyUI 0.33.0 comfy/model_patcher.py:1853-2035 (`ModelPatcherDynamic.load`) and
comfy/memory_management.py:124-137 (`vram_aligned_size`); shared reference comfyui-memory.md 1.4.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from itertools import accumulate
from typing import NamedTuple, Protocol

from .. import facts
from ..formats import size
from ..models import Module, is_scale
from ..units import KIB


class Staged(NamedTuple):
    """A layer's bytes by the dynamic manager: as the file has them, in pages, and loaded at once.

    `cost`: by which its place is found; `pages` are 0 for a layer that is loaded at once, which is in
    `forced` then with all it has; of a paged layer `forced` holds what is neither weight nor bias.
    """

    stored: int
    cost: int
    pages: int
    forced: int


class Paged(Protocol):
    """What is asked of a layer here (`weights.Layer`)."""

    name: str
    stored: int
    cost: int
    staged: int
    forced: int


class Staging:
    """A model's address range: its layers in the order of their addresses, the first kept longest."""

    def __init__(self, layers: Iterable[Paged]) -> None:
        """Layers of little cost come first, all others by size."""
        found = list(layers)
        first = int(facts.table("managers/constants")["dynamic"]["first_kib"]) * KIB
        paged = [layer for layer in found if layer.staged]
        paged.sort(key=lambda one: (one.cost >= first, -one.cost, one.stored, one.name))
        self.units = tuple(layer.staged for layer in paged)
        self.ends = tuple(accumulate(self.units))
        self.bytes = self.ends[-1] if paged else 0
        self.forced = sum(layer.forced for layer in found)


class Rule(NamedTuple):
    """The constants that decide it (`data/managers/constants.toml`, table `dynamic`)."""

    align: int
    tiny: int
    apart: frozenset[str]


@cache
def rule() -> Rule:
    """The constants, read once."""
    row = facts.table("managers/constants")["dynamic"]
    return Rule(int(row["align_bytes"]), int(row["tiny_kib"]) * KIB, frozenset(row["apart"]))


def staged(module: Module, types: Mapping[str, str], manual: str) -> Staged:
    """A layer's bytes where its tensors are held in `types`, by name.

    `manual`: the type that the model's weights are cast to at use, or empty.
    """
    align, tiny, apart = rule()
    stored = cost = pages = forced = 0
    for tensor in module.tensors:
        stored += tensor.nbytes
        own = size(tensor.parameters, types[tensor.name])
        if tensor.name.rpartition(".")[2] in apart:
            forced += own
        else:
            pages += -(-own // align) * align
        if manual and tensor.dtype != manual and not is_scale(tensor):
            cost += size(tensor.parameters, manual)
    if module.castable and module.leaf and stored > tiny:
        return Staged(stored, stored + cost, pages, forced)
    whole = sum(size(one.parameters, types[one.name]) for one in module.tensors)
    return Staged(stored, stored + cost, 0, whole)
