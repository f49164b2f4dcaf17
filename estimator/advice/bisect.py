"""The largest of some sizes that does, found with few tries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from .. import facts
from ..forecast import VERDICTS, Forecast
from .case import Case
from .change import Change
from .judge import GOOD, SLOW, better, grade

Size = TypeVar("Size")
UNKNOWN = VERDICTS.index("unknown")


def first(sizes: Sequence[Size], does: Callable[[Size], bool]) -> Size | None:
    """The first of some sizes, the largest first, that does; None where the last one does not.

    Of two sizes the smaller one is taken to do where the larger one does.
    """
    if not sizes or not does(sizes[-1]):
        return None
    low, high = 0, len(sizes) - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if does(sizes[middle]) else (middle + 1, high)
    return sizes[low]


def mildest(case: Case, sizes: Sequence[Size], change: Callable[[Size], Change]) -> list[Change]:
    """The changes to the largest size with which a case runs, and to the largest with which it runs well.

    The largest comes first; of a case that runs, only the second. To run well instead of just running, no
    more is given up than that is worth. None where no size does it; where the least size still reads from
    disk, the largest that does nothing worse.
    """
    known: dict[Size, Forecast] = {}

    def after(size: Size) -> Forecast:
        if size not in known:
            known[size] = case.after(change(size)).forecast
        return known[size]

    def at(size: Size) -> int:
        return grade(after(size))

    def runs_well(size: Size) -> bool:
        return at(size) == GOOD and better(after(size), case.forecast)

    now = grade(case.forecast)
    if now == GOOD or not sizes or (now > SLOW and not at(sizes[-1]) < min(now, UNKNOWN)):
        return []
    limit = max(SLOW, at(sizes[-1]))
    runs = first(sizes, lambda size: at(size) <= limit) if now > SLOW else None
    begin = sizes.index(runs) if runs is not None else 0
    well = first(sizes[begin:], runs_well)
    found = [(size, change(size)) for size in dict.fromkeys((runs, well)) if size is not None]
    most = facts.table("advice")["harm"]["to_run_well"]
    return [one for size, one in found if size == runs or one.harm <= most]
