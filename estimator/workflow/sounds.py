"""VAEs of sound: how samples become latent steps, and back (`data/sounds.toml`)."""

from __future__ import annotations

from functools import cache

import msgspec

from .. import facts
from ..models.rows import Kind
from .values import Audio, Latent


class SoundFormat(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Samples of one latent step, how many a second, and the cells of a step.

    `out`: samples a second of what it gives, where that is another rate; `upright`: the time is the height.
    """

    of: tuple[str, ...]
    samples: int
    rate: int
    out: int = 0
    bins: int = 1
    upright: bool = False
    source: str = ""

    def encoded(self, audio: Audio) -> Latent:
        """The latent of a sound, whole steps only."""
        steps = max(1, int(audio.samples * self.rate / audio.rate) // self.samples)
        height, width = (steps, self.bins) if self.upright else (self.bins, steps)
        return Latent(audio.batch, 1, height, width)

    def decoded(self, latent: Latent) -> Audio:
        """The sound of a latent."""
        steps = latent.height if self.upright else latent.width
        rate = self.out or self.rate
        return Audio(steps * self.samples * rate // self.rate, rate, latent.batch)


@cache
def sound_formats() -> dict[str, SoundFormat]:
    """Every row, by the ids of its VAEs."""
    rows = msgspec.convert(facts.table("sounds")["vae"], list[SoundFormat])
    return {name: row for row in rows for name in row.of}


def sound_format(kind: Kind) -> SoundFormat | None:
    """The row of a VAE: its own, else that of its family; None for one that makes pictures."""
    return sound_formats().get(kind.id) or sound_formats().get(kind.family)
