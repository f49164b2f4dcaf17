"""What a workflow can ask of a machine: of each quantity the most that stays on the card, is quick, runs."""

from __future__ import annotations

import msgspec

from ... import facts
from ...forecast import Forecast
from ...workflow.edits import Edit
from ..case import Case
from .border import border
from .course import Course
from .dial import Dial, dial
from .made import Made, made
from .missing import unfit, why
from .setting import NAMES, Name, Setting, effects
from .standards import Stays, standards

# What holds wherever a stricter standard does is looked for from its border on, what is quick up to it first.
WITHIN: dict[Stays, Stays] = {"safe": "resident", "quick": "safe", "running": "safe"}

# From the strictest on.
ORDER: tuple[Stays, ...] = ("resident", "quick", "safe", "running")


class Limit(msgspec.Struct, frozen=True):
    """The most of a quantity at which a run stays `stays`; no `forecast`: there is none.

    `value`: of the setting that leads; `made`: what the workflow makes there, by `edits`. `beyond` is the
    forecast one step further, None where the dial ends first, and `next` what it would make. Without a
    forecast, `beyond` is that of the least that there is.
    """

    stays: Stays
    value: float = 0
    made: Made = Made()
    edits: tuple[Edit, ...] = ()
    forecast: Forecast | None = None
    beyond: Forecast | None = None
    next_value: float = 0
    next: Made = Made()


class Quantity(msgspec.Struct, frozen=True):
    """One quantity: what of it there is now (`value` of the setting that leads), and its limits.

    `settings`: the widgets that decide it; `step`: pixels that a side is a multiple of.
    `why`: why there are no limits, empty where there are.
    """

    name: Name
    value: float = 0
    settings: tuple[Setting, ...] = ()
    step: int = 1
    limits: tuple[Limit, ...] = ()
    why: str = ""


class Limits(msgspec.Struct, frozen=True):
    """The limits of a workflow on a machine. `forecast` and `made`: as it is now; `slowdown`: as asked.

    Where the card's rates are not known no limit is of `quick`.
    """

    forecast: Forecast
    made: Made
    slowdown: float
    quantities: tuple[Quantity, ...]


def limits(case: Case, slowdown: float | None = None) -> Limits:
    """Of size, frames, seconds and batch, each with the others as they are, the most that a run bears.

    The answer lies nearest to what the workflow has now: where that holds, all from there up to the answer
    holds and one step further does not; where it fails, all down to the answer fails too, and it holds.
    """
    asked = facts.table("limits")["asked"]["slowdown"] if slowdown is None else slowdown
    now, known = made(case.workload), unfit(case)
    found = [] if known else effects(case)
    dials: dict[Name, Dial | None] = {name: dial(case, name, found) for name in NAMES}
    return Limits(
        case.forecast,
        now,
        asked,
        tuple(
            quantity(case, name, dials[name], known or why(case, name, now), asked)
            for name in NAMES
            if name != "seconds" or now.sound
        ),
    )


def quantity(case: Case, name: Name, turned: Dial | None, reason: str, slowdown: float) -> Quantity:
    """The limits of one quantity."""
    if turned is None:
        return Quantity(name, why=reason)
    course = Course(case, turned)
    places: dict[Stays, int | None] = {}
    for stays, standard in standards(slowdown).items():
        wider = WITHIN.get(stays)
        hint = places.get(wider) if wider else None
        if stays != "quick" or timed(course, hint):
            places[stays] = border(course, standard, hint, stays != "quick")
    found = tuple(limit(course, stays, places[stays]) for stays in ORDER if stays in places)
    widgets = tuple(turn.setting for turn in turned.turns)
    return Quantity(name, turned.lead.setting.value, widgets, turned.grain, found)


def timed(course: Course, place: int | None) -> bool:
    """Whether it is known how much slower a run gets; of one that fails nothing is."""
    known = [course.forecast(at) for at in (course.dial.start, place) if at is not None]
    return any(one.slowdown for one in known)


def limit(course: Course, stays: Stays, place: int | None) -> Limit:
    """One limit, at a place of the dial."""
    values = course.dial.values
    if place is None:
        least = course.at(0)
        return Limit(stays, beyond=least.forecast, next_value=values[0], next=made(least.workload))
    here = course.at(place)
    known = Limit(stays, values[place], made(here.workload), course.dial.edits(place), here.forecast)
    if place + 1 == len(values):
        return known
    after = course.at(place + 1)
    return msgspec.structs.replace(
        known, beyond=after.forecast, next_value=values[place + 1], next=made(after.workload)
    )
