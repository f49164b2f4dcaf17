"""What packs write into one widget, for formulas: sizes as text, entries switched on, pictures in a row."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import ceil
from typing import Any

from msgspec.structs import replace

from .bundle import merged
from .values import Conditioning, Image, Net

SIZE = re.compile(r"(\d{1,6})\s*[x×*]\s*(\d{1,6})")


def dimensions_of(text: str) -> tuple[int, int]:
    """Width and height in a text such as `1024 x 768 (landscape)`."""
    found = SIZE.search(text)
    if found is None:
        raise ValueError("no size in the text")
    return int(found[1]), int(found[2])


def leading(given: tuple[Any, ...], count: float) -> tuple[Any, ...]:
    """The first so many of several values."""
    return given[: max(0, int(count))]


def chained(*given: Any) -> tuple[Any, ...]:
    """All values in one tuple, those inside of tuples too; what is not connected is left out."""
    opened = [chained(*one) if isinstance(one, tuple) else (one,) for one in given if one is not None]
    return tuple(value for one in opened for value in one)


def switched_on(*given: Any) -> tuple[str, ...]:
    """The files of entries `{on, lora, strength}` that are on and do something."""
    there = [one for one in chained(*given) if isinstance(one, Mapping) and one.get("on")]
    used = [one for one in there if one.get("strength") or one.get("strengthTwo")]
    return tuple(one["lora"] for one in used if isinstance(one.get("lora"), str))


def side_by_side(direction: str, match: bool, *images: Any) -> Image:
    """Pictures in a row (`right`, `left`) or a column; `match` brings each to the first one's side."""
    first, *others = [one for one in chained(*images) if isinstance(one, Image)]
    across = direction in ("right", "left")
    for other in others:
        first = attached(first, other, across, match)
    return first


def attached(first: Image, other: Image, across: bool, match: bool) -> Image:
    """Two pictures as one, as many as there are of the more."""
    count = max(first.count, other.count)
    if across:
        width = round(other.width * first.height / other.height) if match else other.width
        return replace(first, count=count, width=first.width + width)
    height = round(other.height * first.width / other.width) if match else other.height
    return replace(first, count=count, height=first.height + height)


def all_controls(conditioning: Conditioning, *stack: Any) -> Conditioning:
    """A conditioning with every ControlNet of a stack on it."""
    nets = tuple(net.component for net in chained(*stack) if isinstance(net, Net))
    return replace(conditioning, controls=conditioning.controls + nets)


def prompt_of(tokens: float) -> Conditioning:
    """A prompt of so many tokens that comes with a model and is not encoded."""
    return Conditioning(int(tokens))


def along(side: float, tile: float, overlap: float = 0) -> int:
    """Tiles that cover a side, each neighbour overlapping by so much."""
    return max(1, ceil((side - overlap) / (tile - overlap)))


PARSING = (merged, dimensions_of, leading, chained, switched_on, side_by_side, all_controls, prompt_of, along)
