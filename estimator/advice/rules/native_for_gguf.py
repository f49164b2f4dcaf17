"""Load ComfyUI's own format in the place of a GGUF.

## What it does
Loads a file of the same model in safetensors, of as good a quality or better, and makes the node ComfyUI's
own.

## Why it helps
A GGUF stays with ComfyUI's older memory manager, lies in RAM that is not pinned, and is unpacked in every
pass. A native file of a similar size streams beside computing and needs no unpacking. It has to find room
in RAM, so that this is forecast for this machine: where RAM is short the GGUF stays the better one.

## Quality
Not lower: only files of the same rank or a better one are tried. Lighter ones are the business of the rules
about lighter files.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...models.rows import Role
from ..case import Case
from ..change import Change
from ..swap import GGUF, Swap, alike, change, grouped, harm, rule, swaps
from ..uses import uses

CODE = "native-for-gguf"
APPLICABILITY = "lossless"
ROLES: tuple[Role, ...] = ("diffusion_model", "text_encoder")
INSTEAD = "instead of the GGUF"


def changes(case: Case) -> Iterator[Change]:
    """For each kind of model in GGUF the native files that are as good, the smallest first."""
    for role in ROLES:
        packed = [use for use in uses(case, role) if GGUF in use.loaders[0].class_type.lower()]
        for group in grouped(case, packed, role):
            each = [[one for one in swaps(case, use, role) if native(one)] for use in group]
            found = sorted(alike(each), key=size) if all(each) else []
            yield from (change(case, parts, INSTEAD) for parts in found[: rule()["most"]])


def native(one: Swap) -> bool:
    """Whether a file is as good, in ComfyUI's own format, and does not stand in for a lighter one."""
    part = one.loaded.component
    heavier = part is not None and one.rung.bytes >= rule()["lighter"] * part.file_bytes
    return not one.rung.format.startswith(GGUF) and not harm(one) and heavier


def size(parts: list[Swap]) -> int:
    """Bytes of the files of a change."""
    return sum(one.rung.bytes for one in parts)
