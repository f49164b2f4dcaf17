"""Where on a dial a test begins to fail, or begins to hold: the border nearest to what the workflow has now.

Between two places at which ComfyUI makes the same choices (how many conditions run in one pass, what in tiles)
need only grows with size, so that both ends tell of all between them. Where a choice changes, need may fall:
the places beside the change are looked at too, unless what is spare would bear any growth up to there.
`tests/advice/test_limits.py` holds the answers against a forecast of every place.
"""

from __future__ import annotations

from .course import Course, Test

STRIDE = 4.0  # how many times as much to do the next place has at most


def border(course: Course, test: Test, hint: int | None = None, sure: bool = False) -> int | None:
    """The last place from the start on up to which a test holds; where it fails at the start, the next below.

    None where it holds at no place from the start down. `hint`: a place to look at first; `sure`: the test is
    known to hold up to it.
    """
    start = course.dial.start
    if not test.holds(course.forecast(start)):
        return next_below(course, test, start)
    if hint is None or hint <= start:
        return last_of(course, test, start, start)
    failing = None if sure else first_failing(course, test, start, hint)
    return last_of(course, test, start, hint) if failing is None else failing - 1


def last_of(course: Course, test: Test, before: int, low: int) -> int:
    """The last place before the first one above `low` at which the test fails; `before` is a place below."""
    end, step = len(course.dial.values) - 1, 1
    while low < end:
        high = course.reach(low, test) if before == low else course.ahead(before, low, test)
        step = step * 2 if high <= low else 1
        high = max(low + 1, min(end, stride(course, low, STRIDE), max(high, low + step // 2)))
        failing = first_failing(course, test, low, high)
        if failing is not None:
            return failing - 1
        before, low = low, high
    return end


def stride(course: Course, place: int, factor: float) -> int:
    """The last place that has so many times as much to do."""
    return course.dial.place(course.dial.amount(place) * factor)


def first_failing(course: Course, test: Test, low: int, high: int, halve: bool = False) -> int | None:
    """The first place behind `low`, where the test holds, and up to `high` at which it fails."""
    fails = not test.holds(course.forecast(high))
    if high - low == 1:
        return high if fails else None
    if not fails and (course.alike(low, high) or course.bears(low, high, test)):
        return None
    middle = course.guess(low, high, None if halve else test)
    slow = far(low, middle, high)
    if not test.holds(course.forecast(middle)):
        return first_failing(course, test, low, middle, slow)
    found = first_failing(course, test, low, middle, slow)
    return first_failing(course, test, middle, high, slow) if found is None else found


def next_below(course: Course, test: Test, start: int) -> int | None:
    """The nearest place below `start` at which the test holds."""
    high = start
    while high > 0:
        low = min(high - 1, max(course.reach(high, test), stride(course, high, 1 / STRIDE)))
        if course.hopeless(high, test):
            low = 0
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
    if not holds and (course.alike(low, high) or course.hopeless(high, test)):
        return None
    middle = course.guess(low, high, None if halve else test)
    slow = far(low, middle, high)
    if test.holds(course.forecast(middle)):
        return last_holding(course, test, middle, high, slow)
    found = last_holding(course, test, middle, high, slow)
    return last_holding(course, test, low, middle, slow) if found is None else found


def far(low: int, middle: int, high: int) -> bool:
    """Whether a guess was so near to one end that the next one had better halve what is left."""
    return 4 * min(middle - low, high - middle) < high - low
