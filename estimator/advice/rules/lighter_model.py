"""Load a lighter file of the diffusion model.

## What it does
Loads another file of the same model, in fewer bits: one of your own, told by its header, or a published
one. All nodes that load the file are changed together, and two experts (as of Wan 2.2) into the same
format. For a GGUF the node becomes Unet Loader (GGUF), which the pack ComfyUI-GGUF brings.

## Why it helps
Fewer bytes stay on the card, stream in each step, and are kept in RAM. Which file is enough is forecast for
this machine: a GGUF stays with ComfyUI's older memory manager and is unpacked in each pass, so that a
native file of the same size mostly runs better, and a smaller GGUF where RAM or the disk is what is short.

## Quality
In the order of `data/precisions.toml`: Q8_0 and int8 are as good as 16 bit in practice, scaled fp8 is
close, and from Q4 on differences show. What is not only another precision (a distilled file, another
training) says so.

## When it is left out
Files that this version of ComfyUI or this card does not load, and whatever is not lighter than what is as
good.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from ...models.rows import Role
from ..case import Case
from ..change import Change
from ..swap import Swap, alike, all_at_once, change, grouped, lighter, rule, swaps
from ..uses import uses

CODE = "lighter-model"
APPLICABILITY = "lossy"
ROLE: Role = "diffusion_model"


def changes(case: Case) -> Iterator[Change]:
    """The files of each kind of model, the best first; then all kinds at once."""
    found = list(choices(case))
    for group in found:
        for parts in group:
            yield change(case, parts)
    if len(found) > 1:
        yield from (change(case, parts) for parts in islice(all_at_once(found), rule()["most"]))


def choices(case: Case) -> Iterator[list[list[Swap]]]:
    """For each kind of model what could take its place, one swap for each of its files."""
    for group in grouped(case, uses(case, ROLE), ROLE):
        each = [list(swaps(case, one, ROLE)) for one in group]
        found = list(alike(each)) if all(each) else []
        light = [one.rung.file for one in lighter([parts[0] for parts in found])]
        same = [parts for parts in found if parts[0].rung.file in light]
        if same:
            yield same[: rule()["most"]]
