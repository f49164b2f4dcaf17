"""The article's claims of what a size of card unlocks, each beside our forecast for it."""

from __future__ import annotations

from typing import Literal

import msgspec

from .. import facts
from .machines import reference, sized
from .unlocked import Unlocked, one_of
from .unlocks import Needs, needs, rows

Says = Literal["yes", "light", "slow", "no"]


class Claim(msgspec.Struct, frozen=True):
    """A row of `data/charts/claims.toml`, where its keys are explained."""

    gb: int
    family: str
    says: Says
    words: str
    why: tuple[str, ...] = ()


class Judged(msgspec.Struct, frozen=True):
    """A claim beside ours: how it runs with each amount of RAM, GiB, and what it needs with the most."""

    claim: Claim
    found: dict[int, Unlocked]
    needs: Needs

    @property
    def agrees(self) -> bool:
        """Whether ours says the same on the chart's own machine."""
        return says(next(iter(self.found.values()))) == self.claim.says


def judged(rams: tuple[int, ...]) -> tuple[Judged, ...]:
    """All of them, with these amounts of RAM; the first is the one that they are judged by."""
    known = {row.id: row for row in rows()}
    claims = msgspec.convert(facts.table("charts/claims")["claim"], list[Claim])
    return tuple(
        Judged(
            one,
            {ram: one_of(known[one.family], sized(reference(ram), one.gb)) for ram in rams},
            needs(known[one.family], rams[0]),
        )
        for one in claims
    )


def says(found: Unlocked) -> Says:
    """What a forecast comes to in the article's terms."""
    if found.seconds is None:
        return "no"
    if not found.well and not found.tight:
        return "slow"
    return "yes" if found.sixteen else "light"
