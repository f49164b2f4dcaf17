"""Latent formats: how pixels and frames become latent cells (`data/latents.toml`)."""

from __future__ import annotations

from functools import cache

import msgspec

from .. import facts


class LatentFormat(msgspec.Struct, frozen=True):
    """Channels, dimensions, pixels along a cell's side, frames per latent frame (the first stands alone).

    Of one dimension (a sequence), `temporal` is samples per latent step. `groups`: frames that share so many
    latent frames, and how many of both come before the first group, where it is not `temporal` all along.
    """

    id: str
    channels: int
    dimensions: int
    spatial: int
    temporal: int
    groups: tuple[int, int, int, int] | None = None

    def frames(self, latent: int) -> int:
        """Frames of so many latent frames."""
        if self.groups is None:
            return (latent - 1) * self.temporal + 1
        each, share, first, before = self.groups
        return max(1, (latent - before) // share * each + first)

    def latent_frames(self, frames: int) -> int:
        """Latent frames of so many frames."""
        if self.groups is None:
            return (frames - 1) // self.temporal + 1
        each, share, first, before = self.groups
        return max(1, (frames - first) // each * share + before) if frames > 1 else 1


UNKNOWN = LatentFormat("", 0, 2, 1, 1)


@cache
def latent_format(name: str) -> LatentFormat:
    """The format of that name; one of single pixels and frames where the name is empty."""
    rows = {row["id"]: row for row in facts.table("latents")["latent"]}
    return msgspec.convert(rows[name], LatentFormat) if name else UNKNOWN
