"""Makes a law of traced points, and tells whether a law gives other points too."""

from __future__ import annotations

from math import ceil
from typing import Any

import msgspec
import numpy as np

from ..costs import turns
from ..costs.law import COUNTED, Law, Shape, activations, feature, flops, largest_conv, variables
from . import fit
from .grid import Grid
from .meter import Attention
from .models import DTYPES

# Versions whose peaks, convolutions and FLOPs agree this well share a law.
AGREE = 0.005
# No band is narrower than this part of the peak, and it grows by so much per doubling beyond the grid.
BAND = 0.01
BAND_PER_DOUBLING = 0.05
# What is live at the largest attention is taken as affine where no point is further off than this.
LIVE = 0.05
# What queries and keys of an attention may be sums of.
TOKENS = ("1", "image", "text", "reference", "plane")


class Point(msgspec.Struct, frozen=True):
    """One forward: its peak in bytes, live bytes per operation, bytes per convolution, FLOPs, attentions."""

    shape: Shape
    peak: int
    series: list[int]
    convs: list[int]
    flops: int
    attentions: list[Attention] = []


class About(msgspec.Struct, frozen=True):
    """Where points come from."""

    versions: tuple[str, ...]
    commits: tuple[str, ...]
    torch: str
    device: str
    cast: int


def law(grid: Grid, dtypes: tuple[str, str], compute_bytes: int, points: list[Point], about: About) -> Law:
    """The law of a grid's points, with its worst residual on them."""
    row = grid.row
    blank = Law(
        operation=grid.operation,
        storage=storage_kind(grid, dtypes),
        compute_bytes=compute_bytes,
        patch=row.patch,
        frame_patch=row.frame_patch,
        text_default=row.text_default,
        tile=row.tile,
        features=row.features,
        pieces=(),
        flops_features=row.flops_features,
        token_features=TOKENS,
        flops=(),
        points=len(points),
        worst_on_grid=0.0,
        worst_held_out=0.0,
        band=BAND,
        band_per_doubling=BAND_PER_DOUBLING,
        range={},
        attention="fused",
        source=row.source,
        **msgspec.structs.asdict(about),
    )
    if turns.has(way := f"{row.turns}-{grid.operation}"):
        in_turns = msgspec.structs.replace(blank, turns=way, features=COUNTED)
        made = _made(in_turns, grid, points)
        if made.worst_on_grid <= fit.ROUGH:
            return made
    return _made(blank, grid, points)


def _made(blank: Law, grid: Grid, points: list[Point]) -> Law:
    """A law with what its features make of the points."""
    blank = _told_apart(blank, [point.shape for point in points])
    made = msgspec.structs.replace(blank, **_solved(blank, grid, points), range=_range(blank, points))
    return with_errors(made, worst_on_grid=worst(made, points))


def storage_kind(grid: Grid, dtypes: tuple[str, str]) -> str:
    """native, cast, or for an encoder in fp8 cast_fp8: its embedding is cast whole then."""
    storage, compute = dtypes
    if storage == compute:
        return "native"
    return "cast_fp8" if grid.row.encoder and storage.startswith("F8") else "cast"


def worst(law: Law, points: list[Point]) -> float:
    """The largest relative error of the law's peaks."""
    return max((abs(activations(law, point.shape) / point.peak - 1) for point in points), default=0.0)


def with_errors(law: Law, **errors: float) -> Law:
    """The law with these worst errors where they are larger than those it has, and a band that holds them."""
    kept = {name: round(max(value, getattr(law, name)), 5) for name, value in errors.items()}
    short = max(kept.values())  # of the traced peak; the band is of what the law says
    return msgspec.structs.replace(law, **kept, band=max(law.band, ceil(short / (1 - short) * 1e4) / 1e4))


def agree(one: Law, other: Law, shapes: list[Shape]) -> bool:
    """Whether two laws say the same of these shapes: peaks, convolutions and FLOPs."""
    says = (activations, largest_conv, flops)
    pairs = [(said(one, shape), said(other, shape)) for said in says for shape in shapes]
    return all(abs(a - b) <= AGREE * max(a, b) for a, b in pairs)


def with_attention(law: Law, other: Law) -> Law:
    """The law with what another says of the largest attention, where it says nothing itself."""
    fields = ("token_features", "heads", "head_channels", "queries", "keys", "attention_live")
    if law.token_features or law.features != other.features:
        return law
    return msgspec.structs.replace(law, **{field: getattr(other, field) for field in fields})


def is_of(law: Law, grid: Grid, dtypes: tuple[str, str], about: About) -> bool:
    """Whether a law was made for this operation, these frames, these batches and these dtypes."""
    compute = DTYPES[dtypes[1]].itemsize
    case = (grid.operation, storage_kind(grid, dtypes), compute, about.cast)
    ends = [(group[0], group[-1]) for group in (grid.frames, grid.batch)]
    said = (law.operation, law.storage, law.compute_bytes, law.cast)
    return case == said and [law.range["frames"], law.range.get("batch", ends[1])] == ends


def gives(law: Law, points: list[Point]) -> bool:
    """Whether a law gives the peak, the largest convolution and the FLOPs of these points."""
    pairs = [
        pair
        for point in points
        for pair in (
            (activations(law, point.shape), point.peak),
            (largest_conv(law, point.shape), max(point.convs, default=0)),
            (flops(law, point.shape), point.flops),
        )
    ]
    slack = max(AGREE, law.worst_held_out)
    return all(abs(a - b) <= slack * max(a, b) for a, b in pairs)


def _told_apart(law: Law, shapes: list[Shape]) -> Law:
    """The law without features that these shapes cannot tell from those before them."""
    kept = {}
    for field in ("features", "flops_features", "token_features"):
        names: tuple[str, ...] = ()
        for name in getattr(law, field):
            if np.linalg.matrix_rank(_matrix(law, (*names, name), shapes)) > len(names):
                names = (*names, name)
        kept[field] = names
    return msgspec.structs.replace(law, **kept)


def _solved(law: Law, grid: Grid, points: list[Point]) -> dict[str, Any]:
    """Pieces, convolutions and FLOPs that give the points."""
    shapes = [point.shape for point in points]
    seen, reach = _matrix(law, law.features, shapes), _matrix(law, law.features, grid.reach())
    convs = [point.convs for point in points]
    values = np.array([float(point.flops) for point in points])
    return {
        "pieces": fit.pieces(seen, reach, [point.series for point in points]),
        "conv_pieces": fit.pieces(seen, reach, convs) if all(convs) else (),
        "flops": fit.polynomial(_matrix(law, law.flops_features, shapes), values),
        **_scores(points, seen, _matrix(law, law.token_features, shapes)),
    }


def _scores(points: list[Point], seen: fit.Array, tokens: fit.Array) -> dict[str, Any]:
    """The largest attention, by which the peak without fused kernels is told; nothing where it has no law.

    One of tokens to themselves, where there is one: that to a text is larger only for the smallest pictures.

    `tokens`: the values of the features that queries and keys go by.
    """
    seen_by = [[one for one in point.attentions if one.queries == one.keys] for point in points]
    seen_by = [own or point.attentions for own, point in zip(seen_by, points, strict=True)]
    most = [max((one.scores for one in these), default=0) for these in seen_by]
    calls = [[one for one in these if one.scores == top] for these, top in zip(seen_by, most, strict=True)]
    pairs = zip(points, calls, strict=True)
    heads = {(one.heads / point.shape.batch, one.channels) for point, these in pairs for one in these}
    if len(heads) != 1 or not all(most):
        return {}
    live = np.array([max(one.live for one in these) for these in calls], dtype=float)
    piece = fit.polynomial(seen, live)
    sides = [fit.exactly(tokens, np.array([these[0][at] for these in calls], dtype=float)) for at in (1, 2)]
    if not all(sides) or np.abs(seen @ np.array(piece) / live - 1).max() > LIVE:
        return {}
    ((count, channels),) = heads
    queries, keys = sides
    return {
        "heads": round(count),
        "head_channels": channels,
        "queries": queries,
        "keys": keys,
        "attention_live": piece,
    }


def _matrix(law: Law, features: tuple[str, ...], shapes: list[Shape]) -> fit.Array:
    """Feature values as (points, features)."""
    known = [variables(law, shape) for shape in shapes]
    return np.array([[feature(name, one) for name in features] for one in known], dtype=float)


def _range(law: Law, points: list[Point]) -> dict[str, tuple[int, int]]:
    """Least and most of each variable that the law's features are made of, of frames and of batches."""
    known = [variables(law, point.shape) for point in points]
    used = {"frames", "batch"}.union(*(name.split("*") for name in law.features)) - {"1", *COUNTED}
    return {name: (min(k[name] for k in known), max(k[name] for k in known)) for name in sorted(used)}
