"""Outcomes beside verdicts, megabytes beside megabytes, seconds beside seconds."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from estimator.errors import InputError
from estimator.forecast import Forecast, run
from estimator.runtime import Machine
from estimator.workflow import lower, read

from .machines import machines
from .models import Model, Unjudged, model_of, shelf
from .prompts import Size, frames_of, prompt, size_of
from .reading import Row, table, worded

RAN = ("resident", "streamed", "disk")
SLOW = ("streamed", "disk", "spill")
ALLOWED = {
    "oom": ("oom",),
    "complete": RAN,
    "ok": RAN,
    "partial": ("streamed", "disk"),
    "slow": SLOW,
}
SLOWER = 1.5  # times as long as with all weights on the card
LONG = 600  # seconds
RAM = re.compile(r"host[- ]ram|ram oom|oom-?kill|ram exhausted|host ram|commit", re.IGNORECASE)


class Judged(msgspec.Struct, frozen=True):
    """What became of one row: `right` is None where it could not be judged, and `why` says so.

    `said`: verdicts by machine. `ours`, `theirs`: seconds, or megabytes.
    """

    row: int
    kind: str
    model: str = ""
    outcome: str = ""
    said: dict[str, str] = {}
    right: bool | None = None
    either: bool = False
    false_fine: bool = False
    false_alarm: bool = False
    ours: float | None = None
    theirs: float | None = None
    why: str = ""
    detail: dict[str, Any] = {}


class Case(msgspec.Struct, frozen=True):
    """A row as a workload: the model, its size, and the machines it may have run on."""

    model: Model
    size: Size
    machines: list[Machine]


def foreign(row: Row) -> None:
    """Refuse a row of another program. Raises `Unjudged` with what it was."""
    found = worded("program", row.around)
    native = re.search(table("words")["programs"]["native"], row.around)
    if found and not found.get("seconds_only") and not native:
        raise Unjudged(found["is"])


def case(row: Row, strict: bool) -> Case:
    """The workload of a row; `strict` wants its size (and frames) stated. Raises `Unjudged`."""
    foreign(row)
    model = model_of(row)
    if strict:
        complete(row, model)
    made = machines(row, model.family.get("since", ""))
    return Case(model, size_of(row, model.family), made)


def complete(row: Row, model: Model) -> None:
    """Refuse a row that leaves its size open. Raises `Unjudged` with what is missing."""
    if model.family["kind"] == "sound":
        return
    if "unstated" in model.family:
        raise Unjudged(model.family["unstated"])
    if not (row.width and row.height):
        raise Unjudged("no size is stated")
    if "fps" in model.family and not frames_of(row, model.family):
        raise Unjudged("a video, and its frames are not stated")


def forecasts(row: Row, one: Case) -> dict[str, Forecast]:
    """The forecast on each machine, by its policy's name."""
    graph, library = read(prompt(row, one.model, one.size)), shelf(one.model)
    found = {}
    for machine in one.machines:
        found[name_of(machine)] = run(lower(graph, library), machine)
    return found


def name_of(machine: Machine) -> str:
    """A policy in a word, and the card's size."""
    manager = "dynamic" if machine.policy.dynamic_vram else "legacy"
    return f"{machine.policy.comfy} {manager}, {machine.device.total / 2**30:.0f} GiB"


def outcome(at: int, row: Row) -> Judged:
    """How a row ended beside its forecasts."""
    base = Judged(at, "outcome", row.model_family or "", row.outcome or "")
    try:
        if row.outcome not in ALLOWED:
            raise Unjudged("no outcome is stated")
        if killed(row) and not row.ram_mb:
            raise Unjudged("it was killed for want of RAM, and how much there was is not stated")
        found = forecasts(row, case(row, strict=True))
    except (Unjudged, InputError) as error:
        return msgspec.structs.replace(base, why=str(error))
    if unknown := next((why_unknown(one) for one in found.values() if one.verdict == "unknown"), ""):
        return msgspec.structs.replace(base, why=f"our forecast is unknown: {unknown}")
    right = [agrees(row, one) for one in found.values()]
    failed = row.outcome == "oom"
    return msgspec.structs.replace(
        base,
        said={name: one.verdict + (" tight" if one.tight else "") for name, one in found.items()},
        right=any(right),
        either=any(right) and not all(right),
        false_fine=failed and not any(right),
        false_alarm=not failed and all(one.verdict == "oom" and not one.tight for one in found.values()),
        detail={name: detail(one) for name, one in found.items()},
    )


def why_unknown(found: Forecast) -> str:
    """What a forecast does not know."""
    steps = [one.because for one in found.steps if one.verdict == "unknown"]
    nodes = [one.class_type for one in found.unknown]
    problems = [one.problem for one in found.components if one.problem]
    return "; ".join((problems + nodes + steps)[:2])


def killed(row: Row) -> bool:
    """Whether the process ended for want of RAM."""
    return row.outcome == "oom" and bool(RAM.search(row.stage or ""))


def agrees(row: Row, found: Forecast) -> bool:
    """Whether an outcome lies in what a forecast says."""
    if killed(row):
        return found.ram_short > 0 or found.swapped > 0 or found.ram_kept.high > found.host.ram_total
    if found.tight or found.verdict in ALLOWED[row.outcome or ""]:
        return True
    spill = found.verdict == "spill" and row.outcome == "oom"
    return spill or (row.outcome == "slow" and (slowdown(found) > SLOWER or long(found)))


def long(found: Forecast) -> bool:
    """Whether a run takes as long as anyone would call slow, whatever it waits for."""
    return bool(found.seconds and found.seconds.best > LONG)


def slowdown(found: Forecast) -> float:
    """How many times longer a run takes than with all weights on the card; 1 where that is not known."""
    if not found.seconds_again or not found.resident_seconds or not found.resident_seconds.best:
        return 1.0
    return found.seconds_again.best / found.resident_seconds.best


def detail(found: Forecast) -> dict[str, Any]:
    """Each step in a few numbers, MiB."""
    return {
        f"{one.kind} {one.node}": " ".join(
            (
                one.verdict + (" tight" if one.tight else ""),
                f"weights {one.weights >> 20} streamed {one.streamed >> 20}",
                f"need {mib(one.need.low)}-{mib(one.need.best)}-{mib(one.need.high)}",
                f"act {mib(one.activations.best)} work {mib(one.workspace.best)}-{mib(one.workspace.high)}",
                "tiled" if one.tiled else "",
            )
        )
        for one in found.steps
    }


def mib(size: float) -> int:
    """Bytes as whole MiB."""
    return round(size / 2**20)
