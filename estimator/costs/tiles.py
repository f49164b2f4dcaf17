"""Tiles that a model cuts a frame into by itself: as many as needed, which share what is left over."""

from __future__ import annotations


def tiling(tile: tuple[int, int], length: int) -> tuple[int, int]:
    """The tiles along a side of a latent, and the most cells that two of them share there.

    `tile`: cells of a tile's side, and of the least overlap; (0, 0) for a model that cuts nothing.
    """
    side, least = tile
    if not side or length <= side:
        return 1, 0
    count = -(-(length - least) // (side - least))
    left = side * count - least * (count - 1) - length
    return count, least + -(-left // (count - 1))
