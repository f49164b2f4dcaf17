"""Encode in tiles.

## What it does
Replaces VAE Encode by VAE Encode (Tiled) where the encode does not fit, or only just, with the largest tiles
that do fit with a margin.

## Why it helps
A tile needs a fraction of the memory of the whole picture. ComfyUI falls back to tiles by itself when an
encode runs out of memory; asking for them at once saves the failed attempt.

## Quality
Nearly lossless: tiles overlap by 64 pixels. Tiles below 256 pixels, and videos cut in time, show seams in
even areas at times.

## When it is left out
Nodes that encode beside other work (Wan Image to Video and the like) have no twin that works in tiles, and
MiniMax H3's VAE works in tiles of its own, whatever it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..case import Case
from ..change import Change
from ..tiles import in_tiles

CODE = "tiled-encode"
APPLICABILITY = "lossless"


def changes(case: Case) -> Iterator[Change]:
    """All encodes that are in trouble."""
    yield from in_tiles(case, "encode_image", "Encode")
