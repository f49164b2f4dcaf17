"""Decode on the processor.

## What it does
Starts ComfyUI with `--cpu-vae`.

## Why it helps
Where even tiles of a picture find no room on the card, RAM has it.

## Quality
Unchanged, and much slower: a last resort, named only where decoding or encoding fails otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..case import Case
from ..change import Change
from ..judge import FAILS
from ..setup import begun

CODE = "cpu-vae"
APPLICABILITY = "manual"
KINDS = ("decode", "encode_image")


def changes(case: Case) -> Iterator[Change]:
    """Where a VAE's step fails, in tiles too."""
    failing = any(one.kind in KINDS and one.verdict in FAILS for one in case.forecast.steps)
    if failing and not case.machine.device.unified:
        effects = ("pictures are decoded by the processor, in minutes",)
        yield from begun(case.machine, "cpu_vae", effects=effects)
