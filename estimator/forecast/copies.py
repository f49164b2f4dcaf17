"""How weights are held for a pass, as the laws have it, and what copies of them add to its cost."""

from __future__ import annotations

import msgspec

from .. import facts
from ..costs import Cost
from ..formats import bits
from ..models import Component
from ..runtime import Held, gguf
from ..units import Estimate


def with_copies(paid: Cost, factor: int, copy: int) -> Cost:
    """A cost in numbers `factor` times as wide, with weights cast to copies of at most `copy` bytes."""
    known, share = paid.activations, facts.table("managers/constants")["other_types"]["least_share"]
    best = factor * known.best + copy / 2
    wide = Estimate(known.low * factor * share, best, factor * known.high + copy, "modelled")
    return msgspec.structs.replace(paid, activations=wide, largest_conv=factor * paid.largest_conv, cast=copy)


def copied(held: Held, part: Component) -> int:
    """Bytes of the largest copy of a weight in the type that it is computed in."""
    if held.unpacked:
        return gguf.copied(part, held.compute)
    return max((layer.cast for layer in held.layers), default=0)


def storage_kind(held: Held, part: Component) -> str:
    """Which law of storage applies: weights used as they are, cast at use, or cast with embeddings too.

    A quantised file keeps its embeddings in 16 bits; one that is 8-bit throughout casts them whole.
    """
    if gguf.is_gguf(part):
        return "cast_fp8" if gguf.embeds_whole(part) else "cast"
    if not held.cast:
        return "native"
    return "cast_fp8" if bits()[held.storage] == 8 and not part.quantization else "cast"
