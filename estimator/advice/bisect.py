"""The largest of some sizes that does, found with few tries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from .case import Case
from .change import Change
from .judge import GOOD, SLOW, grade

Size = TypeVar("Size")


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


def mildest(case: Case, sizes: Sequence[Size], change: Callable[[Size], Change]) -> list[tuple[Size, Change]]:
    """The changes to the largest size with which a case runs, and to the largest with which it runs well.

    The largest comes first; of a case that runs, only the second; none where it runs well, or where no size
    does it.
    """
    grades: dict[Size, int] = {}

    def at(size: Size) -> int:
        if size not in grades:
            grades[size] = grade(case.after(change(size)).forecast)
        return grades[size]

    now = grade(case.forecast)
    wanted = [limit for limit in (SLOW, GOOD) if limit < now]
    found = [first(sizes, lambda size, limit=limit: at(size) <= limit) for limit in wanted]  # type: ignore[misc]
    return [(size, change(size)) for size in dict.fromkeys(found) if size is not None]
