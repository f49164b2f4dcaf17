"""The cost of a pass: which law of a table holds for a version and a way to hold weights, and how far."""

from __future__ import annotations

from functools import cache, lru_cache
from math import log2
from typing import Any

import msgspec

from .. import facts
from ..units import Estimate
from .attention import Scores, Unfused, slices
from .law import (
    CARD,
    MASKED,
    Law,
    Shape,
    activations,
    attention_flops,
    extents,
    feature,
    flops,
    highest,
    largest_conv,
    sound,
    variables,
)

# However far outside of its grid, a forward needs some of what its law says.
MOST_DOWN = 0.95
# How tables are named that hold what the same model costs at other work: an encoder that writes, a training.
BESIDE = ("", "-writing", "-training")


class Cost(msgspec.Struct, frozen=True):
    """What one pass costs.

    `activations` in bytes, without weights and workspace but with what a cast of weights makes;
    `largest_conv`: input plus output bytes of the largest convolution; `cast`: the largest layer in the
    compute dtype, where weights are cast at use (part of `activations` already). `unfused`: attention runs
    without a fused kernel, and no law says what its scores take; `references`: pictures given beside count;
    `attention_flops`: those of `flops` that are of attention's products.
    """

    activations: Estimate
    flops: float
    largest_conv: int
    cast: int
    unfused: bool = False
    attention_flops: float = 0.0
    references: bool = False


def cost(
    name: str,
    operation: str,
    shape: Shape,
    *,
    comfy: str,
    storage: str,
    compute_bytes: int,
    attention: Unfused | None = None,
    card: int = CARD,
) -> Cost | None:
    """The cost of one pass by the law `data/costs/<name>.toml`; None where there is no such law.

    A `name` may end in `@` and an architecture that was traced on this machine: the laws from here stand
    beside those of the table, and come first for the versions that they were traced on.

    `operation` is forward (or forward_masked, where the latent carries a noise mask: the same for a model
    that makes no difference of it), decode, encode, encode_text, encode_image, encode_audio, prefill (a
    writer reads its prompt), write_token (it adds one to a text of so many), predict (of a picture), patched
    (a forward with a model patch), control, residuals, upscale, upscale_latent, interpolate, merge, or train
    (forward and backward with adapters: train_depth_2 and the like with modules at a depth checkpointed);
    `storage` is native, cast, or cast_fp8 (all weights fp8, embeddings too); `comfy` is ComfyUI's version.
    A version that was not traced takes the nearest older law (else the oldest), with a band that is wider
    and reaches to the next newer one. `attention`: how it runs where it is not fused. `card`: bytes of its
    memory in all, by which some autoencoders choose how much they take at once.
    """
    asked = (operation, shape, comfy, storage, compute_bytes, attention, card)
    return _paid(_laws(name), *asked) if "@" in name else _shipped(name, *asked)


def patch_of(name: str) -> int:
    """Latent cells along the side of a patch, by a table's laws; 1 where there are none."""
    return max((law.patch for law in _laws(name)), default=1)


def settled(name: str, comfy: str) -> bool:
    """Whether a table says what a version of ComfyUI needs: it was traced, or one before and one after alike.

    `name` as of `cost`; of work that a table beside it is for, as a training, nothing is asked.
    """
    table, _, architecture = name.partition("@")
    asked, laws = _numbers(comfy), (*learned_laws(architecture), *shipped(table))
    each = [set(map(_numbers, law.versions)) for law in laws]
    traced = sorted(set().union(*each))
    if not traced or not traced[0] <= asked <= traced[-1]:
        return False
    older, newer = max(v for v in traced if v <= asked), min(v for v in traced if v >= asked)
    return all((older in versions) == (newer in versions) for versions in each)


def law_name(table: str, operation: str, storage: str, compute_bytes: int) -> str:
    """What a law is known by where something was learned of it: its table, and what it was asked for."""
    return f"{table}:{operation}:{storage}:{compute_bytes}"


@lru_cache(maxsize=4096)
def _shipped(name: str, *asked: Any) -> Cost | None:
    """The cost by a table that cannot change: a workflow's steps ask for the same again and again."""
    return _paid(_laws(name), *asked)


def _paid(
    found: tuple[Law, ...],
    operation: str,
    shape: Shape,
    comfy: str,
    storage: str,
    compute_bytes: int,
    attention: Unfused | None,
    card: int,
) -> Cost | None:
    """What `cost` says, by the laws of one table."""
    if operation == MASKED and not any(law.operation == MASKED for law in found):
        operation = "forward"
    kept = [law for law in found if (law.operation, law.compute_bytes) == (operation, compute_bytes)]
    for kind in dict.fromkeys((storage, storage.removesuffix("_fp8"))):
        if chosen := [law for law in kept if law.storage == kind]:
            paid = _cost(chosen, shape, comfy, card)
            return _unfused(kept, shape, paid, attention) if attention else paid
    return None


def _laws(name: str) -> tuple[Law, ...]:
    """The laws that a name stands for, those from here first; none where there are none."""
    table, _, architecture = name.partition("@")
    return learned_laws(architecture) + tuple(law for end in BESIDE for law in shipped(table + end))


@cache
def shipped(name: str) -> tuple[Law, ...]:
    """The laws of one table; none where there is none."""
    if f"costs/{name}" not in facts.names("costs"):
        return ()
    return msgspec.convert(facts.table(f"costs/{name}")["law"], tuple[Law, ...])


def learned_laws(architecture: str) -> tuple[Law, ...]:
    """The laws that were traced here for an architecture, the last traced first; none for no name."""
    return _learned(architecture, facts.learned_state()) if architecture else ()


@lru_cache(maxsize=64)
def _learned(architecture: str, state: int) -> tuple[Law, ...]:
    """They, as of `facts.learned_state()`; none where they cannot be read."""
    try:
        found = msgspec.convert(facts.learned(architecture).get("laws", ()), tuple[Law, ...])
    except msgspec.ValidationError:
        return ()
    return tuple(law for law in found if sound(law))


def _cost(laws: list[Law], shape: Shape, comfy: str, card: int) -> Cost:
    """The cost by the law of the asked version, its band reaching to the next newer law's peak."""
    asked = _numbers(comfy)
    law, newer = _neighbours(laws, shape, asked)
    doubts = _doublings_outside(law, shape) + (not _covers(law, asked))
    band = law.band + law.band_per_doubling * doubts
    peak, other = activations(law, shape, card), activations(newer, shape, card)
    estimate = Estimate.spread(peak, min(band, MOST_DOWN), band, "modelled" if doubts else "traced")
    reaching = Estimate(min(estimate.low, other), peak, max(estimate.high, other), estimate.basis)
    counted = any("reference" in one.split("*") for one in law.features)
    return Cost(
        reaching,
        flops(law, shape),
        largest_conv(law, shape, card),
        law.cast,
        references=counted,
        attention_flops=attention_flops(law, shape),
    )


def _unfused(laws: list[Law], shape: Shape, paid: Cost, attention: Unfused) -> Cost:
    """The cost with scores: from the least slices to all that is free, which ComfyUI takes where it can.

    What is said of the largest attention holds however weights are stored.
    """
    law = next((law for law in laws if law.heads), None)
    if law is None:
        return msgspec.structs.replace(paid, unfused=True)
    known, fused = variables(law, shape), paid.activations
    values = [feature(name, known) for name in law.token_features]
    queries, keys = (
        round(sum(c * v for c, v in zip(side, values, strict=True))) for side in (law.queries, law.keys)
    )
    scores = Scores(law.heads * shape.batch, queries, keys, law.head_channels, law.compute_bytes)
    live = highest((law.attention_live,), law.features, known)
    least, used = slices(scores, attention)
    best = max(fused.best, live + used)
    low = max(fused.low, min(best, live + least))
    return msgspec.structs.replace(
        paid, activations=Estimate(low, best, max(fused.high, best * (1 + law.band)), "modelled")
    )


def _neighbours(laws: list[Law], shape: Shape, asked: tuple[int, ...]) -> tuple[Law, Law]:
    """The laws of the newest traced version up to the asked one (else the oldest), and of the next."""
    traced = sorted({_numbers(version) for law in laws for version in law.versions})
    older = [version for version in traced if version <= asked] or traced[:1]
    newer = [version for version in traced if version >= asked] or traced[-1:]

    def law_of(version: tuple[int, ...]) -> Law:
        same = [law for law in laws if version in map(_numbers, law.versions)]
        return min(same, key=lambda law: (_far(law, "frames", shape.frames), _far(law, "batch", shape.batch)))

    return law_of(older[-1]), law_of(newer[0])


def _covers(law: Law, asked: tuple[int, ...]) -> bool:
    """Whether the law was traced on this version, or on one before and one after it."""
    traced = sorted(map(_numbers, law.versions))
    return traced[0] <= asked <= traced[-1]


def _doublings_outside(law: Law, shape: Shape) -> float:
    """How far the shape lies outside what was traced, over all variables."""
    known = extents(law, shape)
    return sum(_doublings(span, known[name]) for name, span in law.range.items())


def _far(law: Law, name: str, value: int) -> float:
    """How many doublings a variable's value lies outside what was traced, 0 where it does not matter."""
    return _doublings(law.range[name], value) if name in law.range else 0.0


def _doublings(span: tuple[int, int], value: int) -> float:
    """How many doublings or halvings `value` lies outside a span; 0 inside."""
    low, high = span
    return max(0.0, log2(max(1, low) / max(1, value)), log2(max(1, value) / max(1, high)))


@cache
def _numbers(version: str) -> tuple[int, ...]:
    """ "0.3.75" as something that sorts; a suffix such as "-15-gabc" or "rc1" is left out."""
    parts = (part.split("-")[0] for part in version.lstrip("v").split("+")[0].split("-")[0].split("."))
    return tuple(int("".join(c for c in part if c.isdigit()) or 0) for part in parts)
