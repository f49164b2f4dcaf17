"""What formulas in rules can call on pictures and videos that a model is shown beside what it makes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from .values import Conditioning, Image, Latent


def beside(conditioning: Conditioning, more: float) -> Conditioning:
    """A conditioning with more cells that a video model sees beside those of the latent."""
    return replace(conditioning, more=conditioning.more + int(more))


def all_cells(*latents: Any) -> int:
    """Cells of several latents together; what is not connected is left out."""
    opened = (inner for one in latents for inner in (one if isinstance(one, tuple) else (one,)))
    there: list[Latent] = [one for one in opened if one is not None]
    return sum(one.batch * one.frames * one.height * one.width for one in there)


def snapped(given: Image, by: float, of: int) -> Image:
    """An image made smaller or larger, its sides multiples of `of`."""
    high, wide = (max(of, round(side * by / of) * of) for side in (given.height, given.width))
    return replace(given, height=high, width=wide)


def edged(given: Any, side: float, of: int) -> Any:
    """Images whose longer side is brought down to `side`, where it is longer."""
    if isinstance(given, tuple):
        return tuple(edged(one, side, of) for one in given)
    return snapped(given, min(1.0, side / max(given.width, given.height)), of)


def within_area(given: tuple[Image, ...], pixels: float, of: int) -> tuple[Image, ...]:
    """The first of each images, brought down to so many pixels where it has more."""
    return tuple(
        snapped(replace(one, count=1), min(1.0, math.sqrt(pixels / (one.width * one.height))), of)
        for one in given
    )


def within_edge(given: tuple[Image, ...], side: float, of: int) -> tuple[Image, ...]:
    """The first of each images, its shorter side brought down to `side` where it is longer."""
    return tuple(
        snapped(replace(one, count=1), min(1.0, side / min(one.width, one.height)), of) for one in given
    )


def on_canvas(given: tuple[Image, ...], side: float, pixels: float, of: int) -> tuple[Image, ...]:
    """Videos whose shorter side is brought to `side`, with at most so many pixels; none grows."""
    found = []
    for one in given:
        area = one.width * one.height
        shown = snapped(one, min(side / min(one.width, one.height), math.sqrt(pixels / area)), of)
        found.append(snapped(one, 1.0, of) if area < shown.width * shown.height else shown)
    return tuple(found)


def whole_groups(given: tuple[Image, ...], most: int, each: int, first: int) -> tuple[Image, ...]:
    """Videos of at most so many frames, cut to `first` and whole groups behind them."""
    return tuple(replace(one, count=(min(one.count, most) - first) // each * each + first) for one in given)


def sampled(given: tuple[Image, ...], each: int) -> tuple[Image, ...]:
    """Videos of which one frame of so many is seen."""
    return tuple(replace(one, count=-(-one.count // each)) for one in given)


REFERENCES: tuple[Callable[..., Any], ...] = (
    *(beside, all_cells, edged, within_area, within_edge, on_canvas, whole_groups, sampled),
)
