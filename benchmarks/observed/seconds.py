"""Seconds that a row states beside the forecast's."""

from __future__ import annotations

import msgspec

from estimator.errors import InputError
from estimator.forecast import Forecast

from .judge import Case, Judged, case, forecasts, name_of
from .models import Unjudged
from .reading import Row, table, worded


def seconds(at: int, row: Row) -> Judged | None:
    """A row's seconds beside ours; None where it states none."""
    stated = said(row)
    if stated is None:
        return None
    what, theirs = stated
    base = Judged(at, "seconds", row.model_family or "", row.outcome or "", theirs=theirs)
    try:
        skips = worded("program", row.around)
        if skips:
            raise Unjudged(skips["is"])
        if row.number(*table("words")["usual"]["shared"]):
            raise Unjudged("it ran in the driver's shared memory, of whose speed nothing is forecast")
        if what != "step" and not row.steps and "template" not in row.around:
            raise Unjudged("the seconds of a whole run, and its steps are not stated")
        one = case(row, strict=True)
        found = {name_of(machine): ours(row, one, machine, what) for machine in one.machines}
    except (Unjudged, InputError) as error:
        return msgspec.structs.replace(base, why=str(error))
    known = {name: value for name, value in found.items() if value}
    if not known:
        return msgspec.structs.replace(base, why="the card's rate, or a step's, is not known")
    best = min(known.values(), key=lambda value: max(value / theirs, theirs / value))
    return msgspec.structs.replace(
        base, ours=round(best, 3), right=abs(best / theirs - 1) <= 0.25, detail={what: rounded(known)}
    )


def rounded(known: dict[str, float]) -> dict[str, float]:
    """Short numbers."""
    return {name: round(value, 3) for name, value in known.items()}


def said(row: Row) -> tuple[str, float] | None:
    """What a row states, and its seconds."""
    names = table("words")["usual"]["seconds"]
    if rate := row.number(*names["rate"]):
        return "step", 1 / rate
    for what in ("step", "again", "first"):
        if value := row.number(*names[what]):
            return what, value
    minutes = row.number(*names["minutes"])
    return ("again", minutes * 60) if minutes else None


def ours(row: Row, one: Case, machine: object, what: str) -> float | None:
    """The forecast's seconds of the same thing on one machine."""
    alone = msgspec.structs.replace(one, machines=[machine])
    (found,) = forecasts(row, alone).values()
    if found.verdict == "unknown":
        return None
    if what == "step":
        return step(row, alone, found)
    total = found.seconds_again if what == "again" else found.seconds
    return total.best if total else None


def step(row: Row, one: Case, found: Forecast) -> float | None:
    """Seconds of one sampling step: what twice as many take more, by each."""
    size = msgspec.structs.replace(one.size, steps=one.size.steps * 2)
    (twice,) = forecasts(row, msgspec.structs.replace(one, size=size)).values()
    first, second = sampling(found), sampling(twice)
    return None if first is None or second is None else (second - first) / one.size.steps


def sampling(found: Forecast) -> float | None:
    """Seconds of all sampling steps."""
    times = [one.seconds for one in found.steps if one.kind == "sample"]
    return None if not times or None in times else sum(one.best for one in times if one)
