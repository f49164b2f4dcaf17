"""From traces to laws: what is live at one program point is affine in the features; solve for it exactly."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

# A program point whose bytes no affine function meets this well (part of the point's peak) is not a piece.
EXACT = 1e-3
# Where program points miss a peak by more than this, one function of least squares may do better: what is
# live is not affine then (tokens that choose experts, sizes that round).
ROUGH = 0.02
# Pieces go while the others still give every peak this well.
SPARE = 1e-3


def pieces(features: Array, reach: Array, series: list[list[int]]) -> list[list[float]]:
    """The affine functions whose maximum is the peak, as few as can be.

    `features` are (points, features); `series` holds live bytes per operation for each point; `reach` are
    features of shapes beyond the grid where the maximum should hold too.
    """
    peaks = np.array([max(one) for one in series], dtype=float)
    found = np.concatenate([_solved(features, aligned, peaks) for aligned in _alignments(series)])
    if not len(found):
        return [polynomial(features, peaks)]
    everywhere = np.concatenate([features, reach])
    values = everywhere @ np.unique(found, axis=0).T
    kept = np.unique(found, axis=0)[np.unique(values.argmax(axis=1))]
    exact = [_tidy(piece) for piece in _pruned(kept, everywhere)]
    smooth = polynomial(features, peaks)
    worst = _worst(features, exact, peaks)
    return [smooth] if worst > ROUGH and _worst(features, [smooth], peaks) < worst else exact


def _worst(features: Array, pieces: list[list[float]], peaks: Array) -> float:
    """The largest relative error of the pieces' maximum."""
    return float(np.abs((features @ np.array(pieces).T).max(axis=1) / peaks - 1).max())


def polynomial(features: Array, values: Array) -> list[float]:
    """Coefficients that give the values, by least squares of the relative error; zeros where all are zero."""
    if not values.any():
        return [0.0] * features.shape[1]
    return _tidy(np.linalg.lstsq(features / values[:, None], np.ones(len(values)), rcond=None)[0])


def exactly(features: Array, values: Array) -> list[float]:
    """Coefficients that give the values as exactly as a piece has to; none where no affine function does."""
    solved = np.linalg.lstsq(features, values, rcond=None)[0]
    missed = np.abs(features @ solved - values) / values
    return [round(c, 9) + 0.0 for c in solved.tolist()] if missed.max() < EXACT else []


def _alignments(series: list[list[int]]) -> list[Array]:
    """Program points that the points share, as (points, program points).

    Counted from the start and from the end, since loops over chunks and batches of one differ in length;
    and the peak itself, which is one program point where nothing else can be aligned.
    """
    shared = min(len(one) for one in series)
    starts = np.array([one[:shared] for one in series], dtype=float)
    ends = np.array([one[-shared:] for one in series], dtype=float)
    peaks = np.array([[max(one)] for one in series], dtype=float)
    return [starts, ends, peaks]


def _solved(features: Array, live: Array, peaks: Array) -> Array:
    """Coefficients (ops, features) of the operations that an affine function meets at every point."""
    coefficients = np.linalg.lstsq(features, live, rcond=None)[0]
    missed = np.abs(features @ coefficients - live) / peaks[:, None]
    good: Array = np.round(coefficients[:, missed.max(axis=0) < EXACT].T, 6)
    return good


def _pruned(kept: Array, everywhere: Array) -> Array:
    """Fewer pieces, as long as their maximum stays the same everywhere."""
    full = (everywhere @ kept.T).max(axis=1)
    for piece in sorted(range(len(kept)), key=lambda at: (everywhere @ kept[at] >= full).sum()):
        rest = kept[[at for at in range(len(kept)) if at != piece and not np.isnan(kept[at]).any()]]
        if len(rest) and ((everywhere @ rest.T).max(axis=1) >= full * (1 - SPARE)).all():
            kept[piece] = np.nan
    return kept[~np.isnan(kept).any(axis=1)]


def _tidy(piece: Array) -> list[float]:
    """Whole numbers where they are."""
    return [round(c) if abs(c - round(c)) < 1e-2 else float(f"{c:.9g}") for c in piece.tolist()]
