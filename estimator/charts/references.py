"""The workflows that cards are timed with, and how each runs on a machine (`data/charts/references.toml`)."""

from __future__ import annotations

from functools import cache

import msgspec

from .. import facts
from ..forecast import Forecast, run
from ..forecast.result import Verdict
from ..models.library import Library
from ..runtime import Machine
from ..units import Estimate
from ..workflow import Workload, lower, read


class Reference(msgspec.Struct, frozen=True):
    """One of them: its `id`, names for a column and for a line, and what is loaded."""

    id: str
    short: str
    title: str
    about: str


class Outcome(msgspec.Struct, frozen=True):
    """How a reference runs: `seconds` with its files in RAM; None where it fails or no rate is known."""

    verdict: Verdict
    tight: bool
    seconds: Estimate | None


def references() -> tuple[Reference, ...]:
    """All of them, the quickest first."""
    return tuple(msgspec.convert(facts.table("charts/references")["reference"], list[Reference]))


@cache
def work(name: str) -> Workload:
    """What a reference asks of a machine, of published files; the same for every card."""
    rows = {row["id"]: row for row in facts.table("charts/references")["reference"]}
    return lower(read(rows[name]["prompt"]), Library(lambda folder, name: None))


def outcomes(machine: Machine) -> dict[str, Outcome]:
    """How each reference runs on a machine, by its id."""
    return {one.id: outcome(run(work(one.id), machine)) for one in references()}


def outcome(forecast: Forecast) -> Outcome:
    """The verdict, and the seconds of a run that comes to its end."""
    ends = forecast.verdict not in ("oom", "spill", "unknown")
    return Outcome(forecast.verdict, forecast.tight, forecast.seconds if ends else None)
