"""Decode in tiles.

## What it does
Replaces VAE Decode by VAE Decode (Tiled) where the decode does not fit, or only just, with the largest tiles
that do fit with a margin. All frames of a video stay together as long as that is possible at all.

## Why it helps
A tile needs a fraction of the memory of the whole picture. ComfyUI falls back to tiles by itself when a
decode runs out of memory, mostly to small ones; asking for them at once saves the failed attempt.

## Quality
Nearly lossless: tiles overlap by 64 pixels, and seams are rarely seen. Tiles below 256 pixels, and videos cut
in time, show them in even areas at times.

## When it is left out
MiniMax H3's VAE works in tiles of its own, whatever it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..case import Case
from ..change import Change
from ..tiles import in_tiles

CODE = "tiled-decode"
APPLICABILITY = "lossless"


def changes(case: Case) -> Iterator[Change]:
    """All decodes that are in trouble."""
    yield from in_tiles(case, "decode", "Decode")
