"""Let each step have the card to itself.

## What it does
Starts ComfyUI with `--disable-smart-memory`, so that all other models leave the card when one is loaded.

## Why it helps
Without dynamic VRAM, and as GGUF also with it, models stay on the card until ComfyUI's estimate of a step
asks for their place. Where that estimate is too low, a step fails beside a model that it does not need.

## Quality
Unchanged; models come back to the card in every run, which takes it longer.

## When it is left out
Where no other model lies in a failing step's way. ComfyUI itself has no node that unloads models, and what
those of packs do is not simulated.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..case import Case
from ..change import Change
from ..judge import FAILS
from ..setup import begun, known

CODE = "unload-between-stages"
APPLICABILITY = "manual"


def changes(case: Case) -> Iterator[Change]:
    """Where a step in trouble shares the card with weights that do not give way."""
    flag = known("unload", case.machine)
    crowded = any(
        one.fixed > one.resident and (one.tight or one.tiled or one.verdict in FAILS)
        for one in case.forecast.steps
    )
    # Others hold models on the card, or share RAM.
    leaves = case.machine.vram_state in ("normal", "low", "no")
    if crowded and leaves and not case.machine.policy.has(flag):
        yield from begun(case.machine, "unload", effects=("models come to the card anew in every run",))
