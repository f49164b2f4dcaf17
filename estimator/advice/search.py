"""The search for what helps: each rule's changes are forecast, and where no single one does, two together."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

from .. import facts
from ..errors import InputError
from .case import Case
from .change import Applicability, Change
from .judge import GOOD, SLOW, better, grade, lack, quicker
from .rules import RULES
from .suggestion import Suggestion, saved, why

# The applicability of several changes is that of the one that asks most of the user.
ASKS: tuple[Applicability, ...] = ("lossless", "lossy", "manual")


class Tried:
    """One or two changes, and the case after them."""

    def __init__(self, case: Case, after: Case, changes: tuple[tuple[ModuleType, Change], ...]) -> None:
        """`case` is the one before any of them."""
        self.case, self.after, self.changes = case, after, changes
        self.grade = grade(after.forecast)

    @property
    def helps(self) -> bool:
        """Whether it is better than with no change; of what runs well, whether it is clearly quicker."""
        after, before = self.after.forecast, self.case.forecast
        return quicker(after, before) if grade(before) == GOOD else better(after, before)

    @property
    def codes(self) -> tuple[str, ...]:
        """What names its changes: the rule's code, and what was chosen."""
        return tuple(f"{rule.CODE}:{one.choice}" if one.choice else rule.CODE for rule, one in self.changes)

    @property
    def applicability(self) -> Applicability:
        """That of the change that asks most."""
        return max((one.applicability or rule.APPLICABILITY for rule, one in self.changes), key=ASKS.index)

    @property
    def rank(self) -> tuple[float, ...]:
        """What sorts the best first: how it runs, what the user must do, what it costs, then seconds."""
        changes = [one for _, one in self.changes]
        seconds = self.after.forecast.seconds
        return (
            self.grade,
            self.applicability == "manual",
            sum(one.harm for one in changes),
            sum(len(one.needs) for one in changes),
            sum(one.bytes for one in changes),
            sum(len(one.edits) for one in changes),
            seconds.best if seconds else 0,
        )

    def suggestion(self) -> Suggestion:
        """The same, as it is shown."""
        after, before = self.after.forecast, self.case.forecast
        changes = [one for _, one in self.changes]
        saves, saves_ram = saved(after, before)
        return Suggestion(
            code="+".join(self.codes),
            title="; and ".join(one.title for one in changes),
            why=why(after, before),
            applicability=self.applicability,
            edits=tuple(edit for one in changes for edit in one.edits),
            saves=saves,
            saves_ram=saves_ram,
            verdict_after=after.verdict,
            tight_after=after.tight,
            seconds_after=after.seconds.best if after.seconds else None,
            seconds_again_after=after.seconds_again.best if after.seconds_again else None,
            harm=sum(one.harm for one in changes),
            quality="; ".join(filter(None, (one.quality for one in changes))),
            effects=tuple(effect for one in changes for effect in one.effects),
            downloads=tuple(dict.fromkeys(file for one in changes for file in one.downloads)),
            needs=tuple(dict.fromkeys(pack for one in changes for pack in one.needs)),
        )


def suggest(case: Case, most: int | None = None, always: bool = False) -> tuple[Suggestion, ...]:
    """The changes that make the case better, the best first, at most so many.

    None where it runs well, unless it is `always` asked for what would be quicker.
    """
    if grade(case.forecast) == GOOD and not always:
        return ()
    return tuple(one.suggestion() for one in search(case)[:most])


def search(case: Case) -> list[Tried]:
    """What helps, alone or two together, the best first."""
    left = Budget(facts.table("advice")["search"]["tries"])
    tried = {rule: list(attempts(case, case, rule, (), left)) for rule in RULES}
    found = [one for some in tried.values() for one in offers(some)]
    if min((one.grade for one in found), default=grade(case.forecast)) > SLOW:
        found += pairs(case, [one for some in tried.values() for one in some], left)
    return sorted(found, key=lambda one: one.rank)


class Budget:
    """How many forecasts a search may still take."""

    def __init__(self, tries: int) -> None:
        """So many."""
        self.tries = tries

    def spend(self) -> bool:
        """Take one, if there is one."""
        self.tries -= 1
        return self.tries >= 0


def attempts(
    case: Case, here: Case, rule: ModuleType, before: tuple[tuple[ModuleType, Change], ...], left: Budget
) -> Iterator[Tried]:
    """A rule's changes of the case `here`, the mildest first, until one leaves nothing to wish for.

    `before`: what led from `case` to `here`.
    """
    for change in rule.changes(here):
        if not left.spend():
            return
        try:
            one = Tried(case, here.after(change), (*before, (rule, change)))
        except InputError:  # a file of the user's that is broken
            continue
        yield one
        if one.grade == GOOD < grade(case.forecast):
            return


def offers(tried: list[Tried]) -> list[Tried]:
    """Of one rule's changes the mildest that helps, and the mildest of those that help most."""
    helping = [one for one in tried if one.helps]
    if not helping:
        return []
    best = min(one.grade for one in helping)
    most = next(one for one in helping if one.grade == best)
    return list(dict.fromkeys((helping[0], most)))


def pairs(case: Case, tried: list[Tried], left: Budget) -> list[Tried]:
    """Two changes of different rules that do together what neither does alone; those that do most."""
    firsts: dict[ModuleType, Tried] = {}
    for one in sorted(tried, key=lambda one: (one.grade, lack(one.after.forecast))):
        by_hand = one.changes[0][1].graph is not None  # no edits lead to where it ends
        if not by_hand and lack(one.after.forecast) < lack(case.forecast):
            firsts.setdefault(one.changes[0][0], one)
    found: dict[frozenset[str], Tried] = {}
    for first in list(firsts.values())[: facts.table("advice")["search"]["pairs_from"]]:
        for rule in RULES:
            if rule is not first.changes[0][0]:
                for one in offers(list(attempts(case, first.after, rule, first.changes, left))):
                    found.setdefault(frozenset(one.codes), one)
    least = min((one.grade for one in found.values()), default=0)
    alone = min((one.grade for one in tried), default=least + 1)
    best = [one for one in found.values() if one.grade == least < alone]
    return sorted(best, key=lambda one: one.rank)[: facts.table("advice")["search"]["pairs_shown"]]
