"""Attention without a fused kernel: the score matrix, in slices as large as what is free lets them be.

Rules and their source: `data/attention.toml`.
"""

from __future__ import annotations

from math import ceil, log2
from typing import Any

import msgspec

from .. import facts


class Unfused(msgspec.Struct, frozen=True):
    """Which attention runs, `split` or `sub_quad`, and the bytes that it finds free."""

    kind: str
    free: int


class Scores(msgspec.Struct, frozen=True):
    """One attention: batch times heads, queries, keys, channels per head, and bytes per score."""

    heads: int
    queries: int
    keys: int
    channels: int
    element: int

    def rows(self, count: float) -> float:
        """Bytes of the scores of so many queries."""
        return self.heads * min(count, self.queries) * self.keys * self.element


def slices(scores: Scores, how: Unfused) -> tuple[int, int]:
    """Bytes beside a fused attention's that live at once: at the very least, and with what is free."""
    rule: dict[str, Any] = facts.table("attention")["kind"][how.kind]
    least, used = _split(scores, how, rule) if how.kind == "split" else _chunks(scores, how, rule)
    copied = rule["outputs"] * scores.heads * scores.queries * scores.channels * scores.element
    least, used = (round(rule["copies"] * scores.rows(rows) + copied) for rows in (least, used))
    return least, used


def _split(scores: Scores, how: Unfused, rule: dict[str, Any]) -> tuple[float, float]:
    """Rows of a slice: halved until they fit, but whole where the halves come out uneven."""
    needed = rule["headroom"] * scores.rows(scores.queries)
    count = 1 if needed <= how.free else 2 ** ceil(log2(needed / max(1, how.free)))
    count = min(count, rule["most_slices"])
    used = scores.queries if scores.queries % count else scores.queries // count
    return scores.queries / rule["most_slices"], used


def _chunks(scores: Scores, how: Unfused, rule: dict[str, Any]) -> tuple[float, float]:
    """Rows of a chunk: the most that fit with headroom."""
    fitting = [rows for rows in rule["chunks"] if rule["headroom"] * _full(scores, rows) <= how.free]
    return min(rule["chunks"]), fitting[0] if fitting else min(rule["chunks"])


def _full(scores: Scores, rows: int) -> int:
    """Bytes of so many rows, also where the picture has fewer: ComfyUI does not look."""
    return scores.heads * rows * scores.keys * scores.element
