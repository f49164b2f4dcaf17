"""A whole prompt on one machine: its steps in order, its RAM, its time, its verdict."""

from __future__ import annotations

from .. import facts
from ..models import Component
from ..runtime import Held, Machine, hold, manager
from ..units import GIB, ZERO, Estimate
from ..workflow.values import Loaded, Workload
from . import speed
from .result import VERDICTS, ComponentForecast, Forecast, StepForecast, Verdict, worst
from .step import Worker


def run(workload: Workload, machine: Machine) -> Forecast:
    """The forecast of `workload` on `machine`."""
    parts = {key: one.component for key, one in workload.loaded.items() if one.component}
    held = {key: held_of(workload.loaded[key], machine) for key, part in parts.items() if part.role != "lora"}
    worker = Worker(machine, manager(machine), parts)
    steps = tuple(
        worker.forecast(step, [held[key] for key in step.components if key in held])
        for step in workload.steps
    )
    ram, again = memory(workload, held, parts, steps, machine)
    seconds, ideal = total_seconds(steps)
    if seconds and again:
        seconds = seconds + speed.disk(again)
    verdict = overall(workload, steps, bool(again))
    where = next((step for step in steps if step.verdict == verdict), None)
    return Forecast(
        verdict=verdict,
        tight=any(step.tight for step in steps),
        where=where or heaviest(steps),
        device=machine.device,
        host=machine.host,
        policy=machine.policy,
        vram_peak=peak(steps),
        ram_peak=ram,
        disk_bytes=again,
        seconds=seconds,
        resident_seconds=ideal,
        nodes=workload.nodes,
        unknown=workload.unknown,
        missing=workload.missing,
        components=tuple(describe(one, held.get(key), machine) for key, one in workload.loaded.items()),
        steps=steps,
    )


def held_of(loaded: Loaded, machine: Machine) -> Held:
    """How ComfyUI will hold a component that is known."""
    assert loaded.component is not None
    return hold(loaded.key, loaded.component, machine, loaded.widget, loaded.device)


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
        manager="dynamic" if machine.policy.dynamic_vram and not (held and held.on_cpu) else "legacy",
        problem=loaded.problem,
        assumed=loaded.assumed,
    )


def overall(workload: Workload, steps: tuple[StepForecast, ...], from_disk: bool) -> Verdict:
    """The worst of all steps; what was not understood, or a run that does nothing, is no promise."""
    verdicts: list[Verdict] = [step.verdict for step in steps]
    if workload.unknown or not steps:
        verdicts.append("unknown")
    if from_disk:
        verdicts.append("disk")
    return worst(verdicts)


def heaviest(steps: tuple[StepForecast, ...]) -> StepForecast | None:
    """The step with the highest peak."""
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


def memory(
    workload: Workload,
    held: dict[str, Held],
    parts: dict[str, Component],
    steps: tuple[StepForecast, ...],
    machine: Machine,
) -> tuple[Estimate, int]:
    """Peak RAM of the prompt, and the bytes of it that RAM cannot keep, read again in every run.

    Dynamic: weights are pages of their files. Legacy: what is not on the card is held in RAM.
    """
    row = facts.table("managers/constants")["ram"]
    process = round((row["process_gib"] + row["system_gib"][machine.host.os]) * GIB)
    adapters = sum(part.file_bytes for part in parts.values() if part.role == "lora")
    if machine.policy.dynamic_vram:
        weights = sum(one.file_bytes for one in held.values())
    else:
        on_card = min((step.resident for step in steps if step.resident), default=0)
        weights = sum(one.bytes for one in held.values()) - on_card
    outputs = sum(step.output for step in workload.steps)
    best = process + weights + adapters + outputs
    need = Estimate(best - process // 2, best, best + process // 2, "modelled")
    again = min(weights, max(0, best - machine.host.ram_total))
    return need, again


__all__ = ["VERDICTS", "run"]
