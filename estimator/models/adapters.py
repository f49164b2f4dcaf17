"""LoRA and its kin: the rank, and the family that was changed (`data/families/adapters.toml`)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache

import msgspec

from .. import facts
from ..formats import Tensor


class Factor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Endings of tensors that tell a changed layer's rank and inputs: sides of their shape, -1 for none."""

    suffixes: tuple[str, ...]
    rank: int
    inputs: int


class Fit(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"never": "not"}):
    """What the changed layers of a family are called, as regular expressions, and their number of inputs."""

    family: str
    name: str
    inputs: int
    source: str
    variant: str = ""
    never: str = ""


class Adapter(msgspec.Struct, frozen=True):
    """What a LoRA is made for. `rank` is that of most layers, 0 where whole matrices are stored."""

    family: str
    variant: str
    rank: int


@cache
def factors() -> tuple[tuple[str, Factor], ...]:
    """Every ending with its row."""
    rows = msgspec.convert(facts.table("families/adapters")["factor"], list[Factor])
    return tuple((suffix, row) for row in rows for suffix in row.suffixes)


@cache
def fits() -> tuple[Fit, ...]:
    """The rows of families, in order."""
    return tuple(msgspec.convert(facts.table("families/adapters")["fit"], list[Fit]))


def adapter(tensors: Iterable[Tensor]) -> Adapter:
    """The family and the rank of a LoRA; an empty family where no row knows its layers."""
    inputs, ranks = changed(tensors)
    rank = ranks.most_common(1)[0][0] if ranks else 0
    row = next((row for row in fits() if matches(row, inputs)), None)
    return Adapter(row.family, row.variant, rank) if row else Adapter("", "", rank)


def changed(tensors: Iterable[Tensor]) -> tuple[dict[str, int], Counter[int]]:
    """The changed layers (dots as underscores) with their inputs, and how often each rank occurs."""
    inputs: dict[str, int] = {}
    ranks: Counter[int] = Counter()
    for tensor in tensors:
        for suffix, row in factors():
            if tensor.name.endswith(suffix) and len(tensor.shape) > 1:
                layer = tensor.name.removesuffix(suffix).replace(".", "_")
                inputs[layer] = inputs.get(layer, 1) * tensor.shape[row.inputs]
                ranks.update([tensor.shape[row.rank]] if row.rank >= 0 else [])
                break
    return inputs, ranks


def matches(row: Fit, inputs: dict[str, int]) -> bool:
    """Whether changed layers are those of the row's family."""
    if not any(count == row.inputs and re.search(row.name, layer) for layer, count in inputs.items()):
        return False
    return not row.never or not any(re.search(row.never, layer) for layer in inputs)
