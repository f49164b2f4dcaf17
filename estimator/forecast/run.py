"""A whole prompt on one machine: its steps in order, its RAM, its time, its verdict."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from .. import facts
from ..runtime import Held, Machine, manager
from ..runtime.cache import result_cache
from ..units import GIB, ZERO, Estimate
from ..workflow.values import Loaded, Step, Workload
from .files import Files, cold, read, reader
from .keeper import Keeper
from .plan import Plan
from .ram import Course, Ram, Room
from .result import ComponentForecast, Forecast, StepForecast, Verdict, worst
from .step import Placed, Worker
from .timing import Clock, Moves


def run(workload: Workload, machine: Machine) -> Forecast:
    """The forecast of `workload` on `machine`."""
    parts = {key: one.component for key, one in workload.loaded.items() if one.component}
    models = [key for key, part in parts.items() if part.role != "lora"]
    keep = Keeper(workload, machine)
    held = {key: keep.held(key) for key in models}
    worker, clock = Worker(machine, manager(machine, held.values()), parts), Clock(machine)

    def place(wanted: tuple[Step, ...]) -> list[Placed]:
        return [worker.place(one, keep.models(one)) for one in wanted]

    plan, ram = Plan(workload, result_cache(machine)), Ram(workload, held, machine)
    files = Files(machine, ram.files)
    placed = place(plan.first())
    kept = plan.hold(ram.room(placed) - plan.cache.left)
    first = ram.first(plan, placed, kept)
    repeated, moves = placed, files.run(placed, first, kept=False)
    steps = in_ram(time(placed, moves, clock), first)
    if plan.cache.kind != "none":  # without a cache the loaders run again too, and find nothing of theirs
        repeated = place(plan.next(kept.lost))
        moves = files.run(repeated, ram.again(repeated, kept), kept=True)
    reread, room = read(repeated, moves), ram.verdict(first)
    seconds, ideal = total_seconds(steps)
    verdict = overall(workload, steps, room, reread)
    fullest = room.full.node if room.full else reader(repeated, moves) or first.peak.node
    return Forecast(
        verdict=verdict,
        tight=room.tight or any(step.tight for step in steps),
        where=decisive(steps, verdict, ram, fullest),
        device=machine.device,
        host=machine.host,
        policy=machine.policy,
        vram_peak=peak(steps),
        ram_peak=ram.need(first.peak, repeated),
        ram_kept=room.kept,
        ram_short=room.short,
        swapped=room.swapped,
        disk_bytes=reread,
        cold_bytes=cold(placed, ram.files, held),
        seconds=seconds,
        seconds_again=total_seconds(time(repeated, moves, clock))[0],
        resident_seconds=ideal,
        nodes=workload.nodes,
        unknown=workload.unknown,
        assumed=workload.assumed,
        missing=workload.missing,
        components=tuple(describe(one, held.get(key), machine) for key, one in workload.loaded.items()),
        steps=steps,
    )


def time(placed: Sequence[Placed], moves: Sequence[Moves], clock: Clock) -> tuple[StepForecast, ...]:
    """A run's steps with their seconds."""
    return tuple(clock.timed(one, moved) for one, moved in zip(placed, moves, strict=True))


def in_ram(steps: tuple[StepForecast, ...], course: Course) -> tuple[StepForecast, ...]:
    """Steps with what is kept in system memory while each runs."""
    return tuple(replace(step, ram_kept=taken.total) for step, taken in zip(steps, course.steps, strict=True))


def describe(loaded: Loaded, held: Held | None, machine: Machine) -> ComponentForecast:
    """One component for people and for JSON."""
    part = loaded.component
    return ComponentForecast(
        key=loaded.key,
        node=loaded.node,
        file=loaded.file,
        role=loaded.role,
        family=part.family if part else "",
        title=part.title if part else loaded.file,
        storage_dtype=held.storage if held else (part.majority if part else ""),
        compute_dtype=held.compute if held else "",
        bytes=held.bytes if held else (part.file_bytes if part else 0),
        manager="dynamic" if machine.policy.dynamic_vram and (not held or held.paged) else "legacy",
        problem=loaded.problem,
        assumed=loaded.assumed,
    )


def overall(workload: Workload, steps: tuple[StepForecast, ...], room: Room, reread: int) -> Verdict:
    """The worst of all steps and of what RAM has `room` for, `reread` bytes in every run.

    What was not understood, or a workflow without nodes, is no promise.
    """
    verdicts: list[Verdict] = [step.verdict for step in steps]
    if workload.unknown or not workload.nodes:
        verdicts.append("unknown")
    if max(reread, room.swapped) >= float(facts.table("managers/memory")["verdict"]["least_gib"]) * GIB:
        verdicts.append("disk")
    if room.short:
        verdicts.append("oom")
    return worst(verdicts)


def decisive(
    steps: tuple[StepForecast, ...], verdict: Verdict, ram: Ram, fullest: str
) -> StepForecast | None:
    """The step that the verdict is about: the first that fails, the one that streams most, or the peak.

    Where the card does for all of them and RAM does not, it is that of the node at which RAM is `fullest`.
    """
    alike = [step for step in steps if step.verdict == verdict]
    if verdict in ("oom", "disk") and not alike and (found := ram.step(fullest, steps, verdict)):
        return found
    if verdict == "streamed":
        return max(alike, key=lambda step: step.streamed)
    if verdict in ("spill", "unknown", "oom") and alike:
        return alike[0]
    return max(steps, key=lambda step: step.vram_peak.best, default=None)


def peak(steps: tuple[StepForecast, ...]) -> Estimate:
    """The highest peak of any step, bytes."""
    return max((step.vram_peak for step in steps), key=lambda one: one.best, default=ZERO)


def total_seconds(steps: tuple[StepForecast, ...]) -> tuple[Estimate | None, Estimate | None]:
    """Seconds of all steps, as forecast and with all weights on the card; None where one is not known."""
    seconds, ideal = ZERO, ZERO
    for step in steps:
        if step.seconds is None or step.resident_seconds is None:
            return None, None
        seconds, ideal = seconds + step.seconds, ideal + step.resident_seconds
    return (seconds, ideal) if steps else (None, None)
