"""Latent formats: how pixels and frames become latent cells (`data/latents.toml`)."""

from __future__ import annotations

from functools import cache

import msgspec

from .. import facts


class LatentFormat(msgspec.Struct, frozen=True):
    """Channels, dimensions, pixels along a cell's side, frames per latent frame (the first stands alone).

    Of one dimension (a sequence), `temporal` is samples per latent step.
    """

    id: str
    channels: int
    dimensions: int
    spatial: int
    temporal: int


UNKNOWN = LatentFormat("", 0, 2, 1, 1)


@cache
def latent_format(name: str) -> LatentFormat:
    """The format of that name; one of single pixels and frames where the name is empty."""
    rows = {row["id"]: row for row in facts.table("latents")["latent"]}
    return msgspec.convert(rows[name], LatentFormat) if name else UNKNOWN
