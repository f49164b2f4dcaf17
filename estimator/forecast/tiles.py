"""How ComfyUI cuts a latent or a picture into tiles: which shapes, and how many of each.

It is what `tiled_scale_multidim` of comfy/utils.py does: tiles start a tile less an overlap apart, along each
side that is longer than a tile, and the last one ends where the side does.
"""

from __future__ import annotations

from collections import Counter
from itertools import product

import msgspec

from ..costs import Shape

Pieces = Counter[Shape]


class Tile(msgspec.Struct, frozen=True):
    """A tile's sides and overlaps in latent cells (pixels of an upscale model); a side of 0 is whole."""

    height: int
    width: int
    overlap: int
    frames: int = 0
    overlap_frames: int = 0


def lengths(side: int, tile: int, overlap: int) -> Counter[int]:
    """How long the tiles along one side are, and how many are."""
    if side <= tile or not tile:
        return Counter([side])
    starts = range(0, side - overlap, max(1, tile - overlap))
    return Counter(min(tile, side - min(start, side - overlap)) for start in starts)


def pieces(whole: Shape, tile: Tile) -> Pieces:
    """The shapes that one latent of `whole` is cut into, each of a batch of one."""
    along = (
        lengths(whole.frames, tile.frames, tile.overlap_frames),
        lengths(whole.height, tile.height, tile.overlap),
        lengths(whole.width, tile.width, tile.overlap),
    )
    found: Pieces = Counter()
    for (frames, deep), (height, down), (width, across) in product(*(one.items() for one in along)):
        shape = msgspec.structs.replace(whole, batch=1, frames=frames, height=height, width=width)
        found[shape] += deep * down * across
    return found


def flat(whole: Shape, tile: int, overlap: int) -> Pieces:
    """The tiles of a flat VAE, which does it all three times: in squares, in tall tiles and in wide ones."""
    ways = ((tile, tile), (tile * 2, tile // 2), (tile // 2, tile * 2))
    found: Pieces = Counter()
    for height, width in ways:
        found += pieces(whole, Tile(height, width, overlap))
    return found


def largest(found: Pieces) -> Shape:
    """The shape of the tile with the most cells."""
    return max(found, key=lambda one: (one.frames * one.height * one.width, one.height))
