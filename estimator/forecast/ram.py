"""System memory: what a prompt keeps there, and what does not fit and is read from disk in every run.

Dynamic: weights are pages of their files, and what the next run touches again is what it copies to the card:
`again` is a second run, which finds on the card what the first one left. Legacy, or on the processor: what
is not on the card lies in RAM (shared reference comfyui-memory.md 8).
"""

from __future__ import annotations

from .. import facts
from ..runtime import Held, Machine
from ..units import GIB, Estimate
from ..workflow.values import Workload
from .result import StepForecast


def need(
    workload: Workload,
    held: dict[str, Held],
    first: tuple[StepForecast, ...],
    again: tuple[StepForecast, ...],
    machine: Machine,
) -> tuple[Estimate, int]:
    """Bytes of RAM that the prompt wants, and those of its weights that RAM cannot keep."""
    row = facts.table("managers/constants")["ram"]
    process = round(row["process_gib"] * GIB)
    system = round(row["system_gib"][machine.host.os] * GIB)
    paged = {key: one for key, one in held.items() if machine.policy.dynamic_vram and one.paged}
    weights = touched(again, paged) + unloaded(first, {key: held[key] for key in held if key not in paged})
    outputs = sum(step.output for step in workload.steps)
    best = process + system + adapters(workload) + outputs + weights
    band = (process + system) // 2
    return Estimate(best - band, best, best + band, "modelled"), min(
        weights, max(0, best - machine.host.ram_total)
    )


def touched(again: tuple[StepForecast, ...], held: dict[str, Held]) -> int:
    """Bytes of weights that a repeated run copies to the card, each once."""
    moved: dict[str, int] = {}
    for step in again:
        share = step.uploaded + step.streamed
        total = sum(held[key].bytes for key in step.components if key in held)
        for key in step.components:
            if key in held and total:
                part = min(held[key].bytes, share * held[key].bytes // total)
                moved[key] = max(moved.get(key, 0), part)
    return sum(moved.values())


def unloaded(first: tuple[StepForecast, ...], held: dict[str, Held]) -> int:
    """Bytes of weights that lie in RAM while the least is on the card."""
    on_card = [step.fixed for step in first if step.weights]
    return sum(one.bytes for one in held.values()) - min(on_card, default=0)


def adapters(workload: Workload) -> int:
    """Bytes of LoRAs, which ComfyUI keeps in RAM."""
    parts = (one.component for one in workload.loaded.values())
    return sum(part.file_bytes for part in parts if part and part.role == "lora")
