"""Where on a dial a standard begins to fail, or to be kept: the border nearest to what the workflow has now.

Between two places at which ComfyUI makes the same choices (how many conditions run in one pass, what in
tiles) need only grows with size, so that both ends tell of all between them. Where a choice changes, need may
fall: the places beside the change are looked at too, unless what is spare would bear any growth up to there.
`tests/advice/test_limits.py` holds the answers against a forecast of every place.
"""

from __future__ import annotations

from .course import Course, Standard

STRIDE = 4.0  # how many times as much to do the next place has at most


def border(course: Course, standard: Standard, hint: int | None = None, sure: bool = False) -> int | None:
    """The last place from the start on up to which a standard is kept; where it is not, the next below.

    None where it is kept at no place from the start down. `hint`: a place to look at first; `sure`: it is
    known to be kept up to it.
    """
    start = course.dial.start
    if not standard.holds(course.forecast(start)):
        return next_below(course, standard, start)
    if hint is None or hint <= start:
        return last_of(course, standard, start, start)
    failing = None if sure else first_failing(course, standard, start, hint)
    return last_of(course, standard, start, hint) if failing is None else failing - 1


def last_of(course: Course, standard: Standard, before: int, low: int) -> int:
    """The last place before the first one above `low` at which it fails; `before` is a place below."""
    end, step = len(course.dial.values) - 1, 1
    while low < end:
        high = course.reach(low, standard) if before == low else course.ahead(before, low, standard)
        step = step * 2 if high <= low else 1
        high = max(low + 1, min(end, stride(course, low, STRIDE), max(high, low + step // 2)))
        failing = first_failing(course, standard, low, high)
        if failing is not None:
            return failing - 1
        before, low = low, high
    return end


def stride(course: Course, place: int, factor: float) -> int:
    """The last place that has so many times as much to do."""
    return course.dial.place(course.dial.amount(place) * factor)


def first_failing(course: Course, standard: Standard, low: int, high: int, halve: bool = False) -> int | None:
    """The first place behind `low`, where the standard is kept, and up to `high` at which it fails."""
    fails = not standard.holds(course.forecast(high))
    if high - low == 1:
        return high if fails else None
    if not fails and (course.alike(low, high) or course.bears(low, high, standard)):
        return None
    middle = course.guess(low, high, None if halve else standard)
    slow = far(low, middle, high)
    if not standard.holds(course.forecast(middle)):
        return first_failing(course, standard, low, middle, slow)
    found = first_failing(course, standard, low, middle, slow)
    return first_failing(course, standard, middle, high, slow) if found is None else found


def next_below(course: Course, standard: Standard, start: int) -> int | None:
    """The nearest place below `start` at which the standard is kept."""
    high = start
    while high > 0:
        low = min(high - 1, max(course.reach(high, standard), stride(course, high, 1 / STRIDE)))
        if course.hopeless(high, standard):
            low = 0
        found = last_holding(course, standard, low, high)
        if found is not None:
            return found
        high = low
    return None


def last_holding(course: Course, standard: Standard, low: int, high: int, halve: bool = False) -> int | None:
    """The last place from `low` on before `high`, where the standard fails, at which it is kept."""
    holds = standard.holds(course.forecast(low))
    if high - low == 1:
        return low if holds else None
    if not holds and (course.alike(low, high) or course.hopeless(high, standard)):
        return None
    middle = course.guess(low, high, None if halve else standard)
    slow = far(low, middle, high)
    if standard.holds(course.forecast(middle)):
        return last_holding(course, standard, middle, high, slow)
    found = last_holding(course, standard, middle, high, slow)
    return last_holding(course, standard, low, middle, slow) if found is None else found


def far(low: int, middle: int, high: int) -> bool:
    """Whether a guess was so near to one end that the next one had better halve what is left."""
    return 4 * min(middle - low, high - middle) < high - low
