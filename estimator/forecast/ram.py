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
from .step import Placed
from .timing import Moved, Moves

Steps = tuple[StepForecast, ...]


def need(
    workload: Workload, held: dict[str, Held], first: Steps, again: Steps, results: int, machine: Machine
) -> tuple[Estimate, int]:
    """Bytes of RAM that the prompt wants, and those of its weights that RAM cannot keep.

    `again`: the steps of the next run; `results`: bytes of its nodes' results.
    """
    weights = touched(again, paged(held, machine)) + unpaged(held, first, machine)
    best = idle(machine) + adapters(workload) + results + weights
    band = idle(machine) // 2
    return Estimate(best - band, best, best + band, "modelled"), min(
        weights, max(0, best - machine.host.ram_total)
    )


def moves(placed: Placed) -> Moves:
    """What a step moves to the card, by where it lies."""
    uploaded = sum(one.uploaded for one in placed.placements)
    streamed = sum(one.streamed for one in placed.placements)
    pinned = all(one.pinned for one in placed.placements)
    each = Moved(pinned=streamed) if pinned else Moved(pageable=streamed)
    return Moves(Moved(pageable=uploaded), each)


def room(workload: Workload, held: dict[str, Held], first: Steps, machine: Machine) -> int:
    """Bytes of RAM that are left for results beside all that the first run keeps there."""
    weights = touched(first, paged(held, machine)) + unpaged(held, first, machine)
    return machine.host.ram_total - idle(machine) - adapters(workload) - weights


def idle(machine: Machine) -> int:
    """Bytes of RAM that the system and an idle ComfyUI take."""
    row = facts.table("managers/constants")["ram"]
    process, system = float(row["process_gib"]), float(row["system_gib"][machine.host.os])
    return round(process * GIB) + round(system * GIB)


def paged(held: dict[str, Held], machine: Machine) -> dict[str, Held]:
    """The models whose weights are pages of their files."""
    return {key: one for key, one in held.items() if machine.policy.dynamic_vram and one.paged}


def unpaged(held: dict[str, Held], first: Steps, machine: Machine) -> int:
    """Bytes of the other models' weights that lie in RAM."""
    pages = paged(held, machine)
    return unloaded(first, {key: one for key, one in held.items() if key not in pages})


def touched(again: Steps, held: dict[str, Held]) -> int:
    """Bytes of weights that a run copies to the card, each once."""
    moved: dict[str, int] = {}
    for step in again:
        share = step.uploaded + step.streamed
        total = sum(held[key].bytes for key in step.components if key in held)
        for key in step.components:
            if key in held and total:
                part = min(held[key].bytes, share * held[key].bytes // total)
                moved[key] = max(moved.get(key, 0), part)
    return sum(moved.values())


def unloaded(first: Steps, held: dict[str, Held]) -> int:
    """Bytes of weights that lie in RAM while the least is on the card."""
    on_card = [step.fixed for step in first if step.weights]
    return sum(one.bytes for one in held.values()) - min(on_card, default=0)


def adapters(workload: Workload) -> int:
    """Bytes of LoRAs, which ComfyUI keeps in RAM."""
    parts = (one.component for one in workload.loaded.values())
    return sum(part.file_bytes for part in parts if part and part.role == "lora")
