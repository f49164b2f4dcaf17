"""Two cards side by side: how far apart they are, what only one of them does, and which one to take."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log

import msgspec

from ..forecast.result import VERDICTS
from .cards import Card
from .grades import keys
from .references import references

NAMED = 3  # families in a sentence
ALIKE = 0.03  # shares of seconds below say nothing
Span = tuple[float, float]


class Beside(msgspec.Struct, frozen=True):
    """Two cards. `ratios`: the second's seconds over the first's by reference, where both are known."""

    first: Card
    second: Card

    @property
    def ratios(self) -> dict[str, float]:
        """Seconds of the second card over those of the first."""
        pairs = {one.id: (self.first.seconds(one.id), self.second.seconds(one.id)) for one in references()}
        return {name: b / a for name, (a, b) in pairs.items() if a and b}

    def more(self, key: str) -> float | None:
        """What the second has of a key over what the first has, less one; None where either is not known."""
        a, b = self.first.value(key), self.second.value(key)
        return b / a - 1 if a and b else None

    def turned(self) -> Beside:
        """The same the other way round."""
        return Beside(self.second, self.first)

    @property
    def unlocked(self) -> tuple[str, ...]:
        """Families that only the second holds whole."""
        return tuple(sorted(set(self.second.unlocks) - set(self.first.unlocks)))

    @property
    def lighter(self) -> list[str]:
        """References that the second runs with a better verdict, by their short names."""
        return [
            one.short
            for one in references()
            if self.rank(self.second, one.id) < self.rank(self.first, one.id)
        ]

    @staticmethod
    def rank(card: Card, reference: str) -> int:
        """The place of a card's verdict, from the best."""
        found = card.outcomes.get(reference)
        return VERDICTS.index(found.verdict) if found else VERDICTS.index("unknown")


def faster(both: Beside) -> float:
    """The second card's seconds over the first's, of all references together (their geometric mean)."""
    found = both.ratios.values()
    return exp(sum(map(log, found)) / len(found)) if found else 1.0


def answer(both: Beside) -> str:
    """Which of the two to take, in one or two sentences."""
    for card in (both.first, both.second):
        if not card.released:
            return f"{card.name} was never released: there is nothing to compare."
    if not both.ratios:
        unknown = next(
            card for card in (both.first, both.second) if not any(map(card.seconds, both.first.outcomes))
        )
        return f"Not known: nobody states how fast {unknown.name} computes. {sizes(both)}"
    both = both if faster(both) <= 1 else both.turned()
    larger = (both.more("vram") or 0.0) >= 0 and not both.turned().lighter
    quicker = faster(both) < 1 - ALIKE
    if not quicker:
        return alike(both)
    return plain(both) if larger else split(both)


def plain(both: Beside) -> str:
    """The second card is better in all that counts."""
    return f"{both.second.name} over {both.first.name}: {advantages(both)}; {time(both)}.{only(both)}"


def split(both: Beside) -> str:
    """The second card is faster, the first holds more."""
    big, quick = both.first.name, both.second.name
    back = both.turned()
    holds = f"{big} holds {amount(-gap(both))} more" if gap(both) < 0 else f"{big} holds more"
    gains = [f"{', '.join(back.lighter)} would stream less" if back.lighter else ""]
    gains += [f"it alone holds {some(back.unlocked)} whole" if back.unlocked else ""]
    kept = " and ".join(filter(None, gains))
    said = f": {kept}" if kept else ", which changes no verdict of these"
    return f"{quick} for speed, {big} for memory: {advantages(both)}; {time(both)}. {holds}{said}."


def alike(both: Beside) -> str:
    """Neither is faster: what is larger is better."""
    both = both if gap(both) >= 0 else both.turned()
    names = f"{both.second.name} and {both.first.name}"
    if not gap(both) and not both.lighter:
        return f"{names} are alike: {time(both)}."
    return (
        f"{both.second.name} over {both.first.name}: {advantages(both)}; they are equally fast.{only(both)}"
    )


def advantages(both: Beside) -> str:
    """`as much VRAM, 55 % more bandwidth, 7 % more compute` of the second card."""
    vram = gap(both)
    said = ["as much VRAM" if not vram else f"{amount(abs(vram))} {'more' if vram > 0 else 'less'} VRAM"]
    for key in ("bandwidth", "compute"):
        part = both.more(key)
        if part is not None and abs(part) >= 0.005:
            said.append(f"{percent(abs(part))} {'more' if part > 0 else 'less'} {keys()[key]['title']}")
    return ", ".join(said)


def sizes(both: Beside) -> str:
    """What is known all the same."""
    said = advantages(both)
    return f"{both.second.name} has {said} than {both.first.name}."


def time(both: Beside) -> str:
    """`the references take 8 to 11 % less time`, of the second card."""
    low, high = span(both)
    if max(abs(low), abs(high)) < ALIKE:
        return "the references take as long"
    if low > 0 or high < 0:
        ends = sorted({round(100 * abs(low)), round(100 * abs(high))})
        word = "less" if low > 0 else "more"
        return f"the references take {' to '.join(map(str, ends))} % {word} time"
    return f"the references take between {percent(-low)} more and {percent(high)} less time"


def span(both: Beside) -> Span:
    """The least and the most of its seconds that the second card saves, as shares of the first's."""
    saved = [1 - ratio for ratio in both.ratios.values()]
    return min(saved), max(saved)


def only(both: Beside) -> str:
    """What the second card alone does."""
    said = (
        f" {', '.join(both.lighter)} then stream{'s' if len(both.lighter) == 1 else ''} less."
        if both.lighter
        else ""
    )
    return said + (f" It alone holds {some(both.unlocked)} whole." if both.unlocked else "")


def some(names: Sequence[str]) -> str:
    """The first names, and how many more."""
    shown = ", ".join(names[:NAMED])
    return f"{shown} and {len(names) - NAMED} more" if len(names) > NAMED else shown


def gap(both: Beside) -> float:
    """GB that the second card has more."""
    return (both.second.value("vram") or 0.0) - (both.first.value("vram") or 0.0)


def amount(size: float) -> str:
    """GB of a card."""
    return f"{size:g} GB"


def percent(share: float) -> str:
    """A share without decimals."""
    return f"{100 * share:.0f} %"
