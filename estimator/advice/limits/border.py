"""Where on a dial a test begins to fail, or begins to hold: the border nearest to what the workflow has now.

Between two places at which ComfyUI makes the same choices (what runs in one pass, what in tiles) need only
grows with size, so that both ends tell of all between them; where a choice changes, the places beside the
change are looked at too. `tests/advice/test_limits.py` holds the answers against a forecast of every place.
"""

from __future__ import annotations

from .course import Course, Test

STRIDE = 4.0  # how many times as much to do the next place has, where no margin says where to look


def border(course: Course, test: Test) -> int | None:
    """The last place from the start on up to which a test holds; where it fails at the start, the next below.

    None where it holds at no place from the start down.
    """
    start = course.dial.start
    if test.holds(course.forecast(start)):
        return last_of(course, test, start)
    return next_below(course, test, start)


def last_of(course: Course, test: Test, start: int) -> int:
    """The last place before the first one above `start` at which the test fails."""
    low, end = start, len(course.dial.values) - 1
    while low < end:
        high = onward(course, test, low)
        failing = first_failing(course, test, low, high)
        if failing is not None:
            return failing - 1
        low = high
    return end


def onward(course: Course, test: Test, low: int) -> int:
    """The next place to look at above one: a stride further."""
    dial = course.dial
    return max(low + 1, dial.place(dial.amount(low) * STRIDE))


def first_failing(course: Course, test: Test, low: int, high: int, halve: bool = False) -> int | None:
    """The first place behind `low`, where the test holds, and up to `high` at which it fails."""
    fails = not test.holds(course.forecast(high))
    if high - low == 1:
        return high if fails else None
    if not fails and course.alike(low, high):
        return None
    middle = course.guess(low, high, None if halve else test)
    slow = far(course, low, middle, high)
    if not test.holds(course.forecast(middle)):
        return first_failing(course, test, low, middle, slow)
    found = first_failing(course, test, low, middle, slow)
    return first_failing(course, test, middle, high, slow) if found is None else found


def next_below(course: Course, test: Test, start: int) -> int | None:
    """The nearest place below `start` at which the test holds."""
    high, dial = start, course.dial
    while high > 0:
        low = min(high - 1, dial.place(dial.amount(high) / STRIDE))
        found = last_holding(course, test, low, high)
        if found is not None:
            return found
        high = low
    return None


def last_holding(course: Course, test: Test, low: int, high: int, halve: bool = False) -> int | None:
    """The last place from `low` on before `high`, where the test fails, at which it holds."""
    holds = test.holds(course.forecast(low))
    if high - low == 1:
        return low if holds else None
    if not holds and course.alike(low, high):
        return None
    middle = course.guess(low, high, None if halve else test)
    slow = far(course, low, middle, high)
    if test.holds(course.forecast(middle)):
        return last_holding(course, test, middle, high, slow)
    found = last_holding(course, test, middle, high, slow)
    return last_holding(course, test, low, middle, slow) if found is None else found


def far(course: Course, low: int, middle: int, high: int) -> bool:
    """Whether a guess was so near to one end that the next one had better halve what is left."""
    return 4 * min(middle - low, high - middle) < high - low
