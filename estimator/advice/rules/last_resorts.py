"""Compute slowly what does not fit the card.

## What it does
Starts ComfyUI with `--use-split-cross-attention` (where the card has no fused attention), or with `--cpu-vae`
(pictures are decoded on the processor).

## Why it helps
Split attention makes its scores in smaller slices. The processor decodes in RAM, of which there is more.

## Quality
Unchanged, and much slower: a last resort, named only where the workflow does not run otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...runtime.attention import attention
from ..case import Case
from ..change import Change
from ..setup import known, start

CODE = "last-resorts"
APPLICABILITY = "manual"
FAILS = ("oom", "spill")


def changes(case: Case) -> Iterator[Change]:
    """For the kind of step that fails."""
    failing = {one.kind for one in case.forecast.steps if one.verdict in FAILS}
    if "sample" in failing and attention(case.machine) == "sub_quad":
        yield start(case.machine, [known("split_attention", case.machine)])
    if failing & {"decode", "encode_image"} and not case.machine.device.unified:
        yield start(case.machine, [known("cpu_vae", case.machine)], effects=("decoding takes minutes",))
