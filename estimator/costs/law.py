"""Laws of activation memory and FLOPs, read from `data/costs/`; evaluating one needs neither torch nor numpy.

A law is the maximum of a few affine pieces. Each piece is what is live at one program point of the traced
forward, in bytes per feature; a feature is a product of `batch`, `image` (frames x rows x columns of
patches), `plane` (rows x columns of patches), `edge` (rows + columns: padding), `frames`, `text` (tokens) and
`reference` (patches of reference pictures).
"""

from __future__ import annotations

from functools import cache, lru_cache
from math import log2, prod
from typing import Any

import msgspec

from .. import facts
from ..units import Estimate
from .attention import Scores, Unfused, slices

Pieces = tuple[tuple[float, ...], ...]
# However far outside of its grid, a forward needs some of what its law says.
MOST_DOWN = 0.95
# A forward of a latent with a noise mask.
MASKED = "forward_masked"


class Shape(msgspec.Struct, frozen=True):
    """What one pass works on, in latent units (also for `encode`); `text_tokens` 0 is the model's usual.

    An encoder's picture is in pixels, or in patches of a text encoder's vision tower; a sound is as wide as
    it has samples at 16 kHz.

    `reference`: latent cells of the pictures that an edit model is given beside the one it makes.
    """

    batch: int
    channels: int
    frames: int
    height: int
    width: int
    text_tokens: int = 0
    reference: int = 0


class Law(msgspec.Struct, frozen=True, kw_only=True):
    """One row `[[law]]`: where it came from, what it says, how well it fits and how far it was tried.

    `commits` go with `versions`, empty where unknown; `cast` and the pieces are bytes; `range` is the least
    and most of each variable in the grid; `same_for` are headers whose traces came out the same. `heads`,
    `queries`, `keys` (coefficients of the `token_features`) and `attention_live` (bytes live with its output)
    are of the largest attention, of one latent; heads 0: no law was found of it.
    """

    operation: str
    storage: str
    compute_bytes: int
    versions: tuple[str, ...]
    commits: tuple[str, ...]
    torch: str
    device: str
    attention: str
    patch: int
    frame_patch: int = 1
    text_default: int = 0
    features: tuple[str, ...]
    pieces: Pieces
    conv_pieces: Pieces = ()
    flops_features: tuple[str, ...]
    flops: tuple[float, ...]
    token_features: tuple[str, ...] = ()
    heads: int = 0
    head_channels: int = 0
    queries: tuple[float, ...] = ()
    keys: tuple[float, ...] = ()
    attention_live: tuple[float, ...] = ()
    cast: int = 0
    points: int
    worst_on_grid: float
    worst_held_out: float
    band: float
    band_per_doubling: float
    range: dict[str, tuple[int, int]]
    same_for: tuple[str, ...] = ()
    source: str


class Cost(msgspec.Struct, frozen=True):
    """What one pass costs.

    `activations` in bytes, without weights and workspace but with what a cast of weights makes;
    `largest_conv`: input plus output bytes of the largest convolution; `cast`: the largest layer in the
    compute dtype, where weights are cast at use (part of `activations` already). `unfused`: attention runs
    without a fused kernel, and no law says what its scores take; `references`: pictures given beside count.
    """

    activations: Estimate
    flops: float
    largest_conv: int
    cast: int
    unfused: bool = False
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
) -> Cost | None:
    """The cost of one pass by the law `data/costs/<name>.toml`; None where there is no such law.

    A `name` that starts with `@` is an architecture that was traced on this machine.

    `operation` is forward (or forward_masked, where the latent carries a noise mask: the same for a model
    that makes no difference of it), decode, encode, encode_text, encode_image or encode_audio; `storage` is
    native, cast, or cast_fp8 (all weights fp8, embeddings too); `comfy` is ComfyUI's version. A version that
    was not traced takes the nearest older law (else the oldest), with a band that is wider and reaches to the
    next newer one. `attention`: how it runs where it is not fused.
    """
    asked = (operation, shape, comfy, storage, compute_bytes, attention)
    return _paid(_laws_learned(name[1:]), *asked) if name.startswith("@") else _shipped(name, *asked)


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
) -> Cost | None:
    """What `cost` says, by the laws of one table."""
    if operation == MASKED and not any(law.operation == MASKED for law in found):
        operation = "forward"
    kept = [law for law in found if (law.operation, law.compute_bytes) == (operation, compute_bytes)]
    for kind in dict.fromkeys((storage, storage.removesuffix("_fp8"))):
        if chosen := [law for law in kept if law.storage == kind]:
            paid = _cost(chosen, shape, comfy)
            return _unfused(kept, shape, paid, attention) if attention else paid
    return None


def activations(law: Law, shape: Shape) -> int:
    """The law's peak for a shape, in bytes."""
    return _highest(law.pieces, law.features, variables(law, shape))


def largest_conv(law: Law, shape: Shape) -> int:
    """Input plus output bytes of the largest convolution; 0 for a model without."""
    return _highest(law.conv_pieces, law.features, variables(law, shape)) if law.conv_pieces else 0


def flops(law: Law, shape: Shape) -> float:
    """Floating point operations of one pass, two for each multiply-add, attention included."""
    known = variables(law, shape)
    return max(0.0, sum(c * feature(f, known) for f, c in zip(law.flops_features, law.flops, strict=True)))


def variables(law: Law, shape: Shape) -> dict[str, int]:
    """The quantities that features are made of."""
    rows, columns = -(-shape.height // law.patch), -(-shape.width // law.patch)
    frames = -(-shape.frames // law.frame_patch)
    return {
        "batch": shape.batch,
        "frames": frames,
        "plane": rows * columns,
        "edge": rows + columns,
        "image": rows * columns * frames,
        "text": shape.text_tokens or law.text_default,
        "reference": -(-shape.reference // law.patch**2),
    }


def feature(name: str, known: dict[str, int]) -> int:
    """The value of a feature: "1", or variables joined by `*`."""
    return 1 if name == "1" else prod(known[part] for part in name.split("*"))


@cache
def _laws(name: str) -> tuple[Law, ...]:
    """The laws of one table, typed; none where there is no such table."""
    if f"costs/{name}" not in facts.names("costs"):
        return ()
    return msgspec.convert(facts.table(f"costs/{name}")["law"], tuple[Law, ...])


def _laws_learned(architecture: str) -> tuple[Law, ...]:
    """The laws that were traced here; none where they cannot be read."""
    try:
        return msgspec.convert(facts.learned(architecture).get("laws", ()), tuple[Law, ...])
    except msgspec.ValidationError:
        return ()


def _cost(laws: list[Law], shape: Shape, comfy: str) -> Cost:
    """The cost by the law of the asked version, its band reaching to the next newer law's peak."""
    asked = _numbers(comfy)
    law, newer = _neighbours(laws, shape, asked)
    doubts = _doublings_outside(law, shape) + (not _covers(law, asked))
    band = law.band + law.band_per_doubling * doubts
    peak, other = activations(law, shape), activations(newer, shape)
    estimate = Estimate.spread(peak, min(band, MOST_DOWN), band, "modelled" if doubts else "traced")
    reaching = Estimate(min(estimate.low, other), peak, max(estimate.high, other), estimate.basis)
    counted = any("reference" in one.split("*") for one in law.features)
    return Cost(reaching, flops(law, shape), largest_conv(law, shape), law.cast, references=counted)


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
    live = _highest((law.attention_live,), law.features, known)
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
    known = variables(law, shape)
    return sum(_doublings(span, known[name]) for name, span in law.range.items())


def _far(law: Law, name: str, value: int) -> float:
    """How many doublings a variable's value lies outside what was traced, 0 where it does not matter."""
    return _doublings(law.range[name], value) if name in law.range else 0.0


def _doublings(span: tuple[int, int], value: int) -> float:
    """How many doublings or halvings `value` lies outside a span; 0 inside."""
    low, high = span
    return max(0.0, log2(max(1, low) / max(1, value)), log2(max(1, value) / max(1, high)))


def _highest(pieces: Pieces, features: tuple[str, ...], known: dict[str, int]) -> int:
    """The highest of the pieces, in whole bytes."""
    values = [feature(name, known) for name in features]
    return round(max(sum(c * v for c, v in zip(piece, values, strict=True)) for piece in pieces))


@cache
def _numbers(version: str) -> tuple[int, ...]:
    """ "0.3.75" as something that sorts; a suffix such as "-15-gabc" or "rc1" is left out."""
    parts = (part.split("-")[0] for part in version.lstrip("v").split("+")[0].split("-")[0].split("."))
    return tuple(int("".join(c for c in part if c.isdigit()) or 0) for part in parts)
