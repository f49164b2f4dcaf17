"""What ComfyUI's trainer puts beside a model: adapters on all layers, gradients, the optimizer's states.

Shapes as its adapters make them (comfy/weight_adapter/, `create_train` of each algorithm, ComfyUI 0.33.0).
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isqrt, prod

import msgspec

from .. import facts
from ..formats import size
from ..models import Component, is_scale

BLOCK = 512  # bytes in which torch's allocator gives memory
WIDE = 2  # dimensions of a weight from which on an adapter is made of it; a difference of its own size below


class Training(msgspec.Struct, frozen=True):
    """What a trainer is asked for, by the node's own words.

    `mode`: how it runs, as laws are named; `whole`: the legacy manager loads all of the model, or fails.
    """

    rank: int
    algorithm: str
    optimizer: str
    adapters: str  # their element type
    compute: str  # the element type of the forward, empty for the model's own
    mode: str
    whole: bool


def held(component: Component, training: Training) -> int:
    """Bytes that live through the whole training beside the model."""
    copies = 2 + facts.table("training")["states"][training.optimizer]  # itself and its gradient
    blocks = (-(-size(count, training.adapters) // BLOCK) for count in parts(component, training))
    return int(copies * BLOCK * sum(blocks))


def parts(component: Component, training: Training) -> Iterator[int]:
    """How many numbers each trained tensor has."""
    names = facts.table("training")["names"]
    for module in component.modules:
        for tensor in module.tensors:
            kind = tensor.name.rpartition(".")[2]
            if is_scale(tensor):
                continue
            if kind in names["weight"] and len(tensor.shape) >= WIDE:
                yield 1  # alpha, which is trained too
                yield from adapter(tuple(tensor.shape), training.algorithm, training.rank)
            elif kind in (*names["weight"], *names["bias"]):
                yield prod(tensor.shape)


def adapter(shape: tuple[int, ...], algorithm: str, rank: int) -> Iterator[int]:
    """Numbers in each tensor of an adapter for a weight of this shape."""
    rows, columns = shape[0], prod(shape[1:])
    if algorithm == "OFT":
        side, count = halves(rows, rank)
        yield count * side * side
    elif algorithm == "LoKr":
        (left, right), (top, bottom) = halves(rows, rank), halves(shape[1], rank)
        yield left * top
        yield right * bottom * prod(shape[2:])
    else:
        for _ in range(2 if algorithm == "LoHa" else 1):
            yield rows * rank
            yield rank * columns


def halves(side: int, most: int) -> tuple[int, int]:
    """Two factors of a side, the smaller one as large as can be but at most `most` and at most the other."""
    if side % most == 0 and side >= most * most:
        return most, side // most
    one = next(factor for factor in range(min(most, isqrt(side)), 0, -1) if side % factor == 0)
    return one, side // one
