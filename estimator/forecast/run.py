"""A whole prompt on one machine: its steps in order, its RAM, its time, its verdict."""

from __future__ import annotations

from ..runtime import Held, Machine, hold, manager
from ..runtime.cache import result_cache
from ..units import ZERO, Estimate
from ..workflow.values import Loaded, Step, Workload
from . import ram, speed
from .plan import Plan
from .result import ComponentForecast, Forecast, StepForecast, Verdict, worst
from .step import Worker
from .timing import timed


def run(workload: Workload, machine: Machine) -> Forecast:
    """The forecast of `workload` on `machine`."""
    parts = {key: one.component for key, one in workload.loaded.items() if one.component}
    held = {key: held_of(workload.loaded[key], machine) for key, part in parts.items() if part.role != "lora"}
    worker = Worker(machine, manager(machine, held.values()), parts)

    def forecasts(wanted: tuple[Step, ...]) -> tuple[StepForecast, ...]:
        models = [[held[key] for key in step.components if key in held] for step in wanted]
        return tuple(timed(one, ram.moves(one), machine) for one in map(worker.place, wanted, models))

    plan = Plan(workload, result_cache(machine))
    steps = forecasts(plan.first())
    kept = plan.hold(ram.room(workload, held, steps, machine) - plan.cache.left)
    # Without a cache the loaders run again too, and find nothing of theirs on the card.
    repeated = steps if plan.cache.kind == "none" else forecasts(plan.next(kept.lost))
    need, again = ram.need(workload, held, steps, repeated, kept.peak, machine)
    seconds, ideal = total_seconds(steps)
    verdict = overall(workload, steps, bool(again))
    return Forecast(
        verdict=verdict,
        tight=any(step.tight for step in steps),
        where=decisive(steps, verdict),
        device=machine.device,
        host=machine.host,
        policy=machine.policy,
        vram_peak=peak(steps),
        ram_peak=need,
        disk_bytes=again,
        seconds=with_disk(seconds, again),
        seconds_again=with_disk(total_seconds(repeated)[0], again),
        resident_seconds=ideal,
        nodes=workload.nodes,
        unknown=workload.unknown,
        assumed=workload.assumed,
        missing=workload.missing,
        components=tuple(describe(one, held.get(key), machine) for key, one in workload.loaded.items()),
        steps=steps,
    )


def held_of(loaded: Loaded, machine: Machine) -> Held:
    """How ComfyUI will hold a component that is known."""
    assert loaded.component is not None
    return hold(
        loaded.key, loaded.component, machine, loaded.widget, loaded.device, loaded.legacy, loaded.whole
    )


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


def overall(workload: Workload, steps: tuple[StepForecast, ...], from_disk: bool) -> Verdict:
    """The worst of all steps; what was not understood, or a workflow without nodes, is no promise."""
    verdicts: list[Verdict] = [step.verdict for step in steps]
    if workload.unknown or not workload.nodes:
        verdicts.append("unknown")
    if from_disk:
        verdicts.append("disk")
    return worst(verdicts)


def decisive(steps: tuple[StepForecast, ...], verdict: Verdict) -> StepForecast | None:
    """The step that the verdict is about: the first that fails, the one that streams most, or the peak."""
    alike = [step for step in steps if step.verdict == verdict]
    if verdict == "streamed":
        return max(alike, key=lambda step: step.streamed)
    if verdict in ("spill", "unknown", "oom") and alike:
        return alike[0]
    return max(steps, key=lambda step: step.vram_peak.best, default=None)


def peak(steps: tuple[StepForecast, ...]) -> Estimate:
    """The highest peak of any step, bytes."""
    return max((step.vram_peak for step in steps), key=lambda one: one.best, default=ZERO)


def with_disk(seconds: Estimate | None, read: int) -> Estimate | None:
    """Seconds with those of reading so many bytes from disk."""
    return seconds + speed.disk(read) if seconds and read else seconds


def total_seconds(steps: tuple[StepForecast, ...]) -> tuple[Estimate | None, Estimate | None]:
    """Seconds of all steps, as forecast and with all weights on the card; None where one is not known."""
    seconds, ideal = ZERO, ZERO
    for step in steps:
        if step.seconds is None or step.resident_seconds is None:
            return None, None
        seconds, ideal = seconds + step.seconds, ideal + step.resident_seconds
    return (seconds, ideal) if steps else (None, None)
