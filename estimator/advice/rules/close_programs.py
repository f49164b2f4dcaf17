"""Close other programs that hold memory on the card.

## What it does
Names the programs that hold most, with what they hold, as far as the driver tells.

## Why it helps
What a browser or a game holds is neither ComfyUI's to use nor to move.

## Quality
Unchanged.

## When it is left out
Where it is not known what others hold. The desktop's own programs are not counted: nobody can close them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

from msgspec.structs import replace

from ... import facts
from ...runtime.machine import Device, Holder
from ...runtime.probe.processes import COMFYUI
from ...units import MIB, Estimate, amount
from ..case import Case
from ..change import Change
from ..setup import table

CODE = "close-programs"
APPLICABILITY = "manual"
MOST = 4


def changes(case: Case) -> Iterator[Change]:
    """The largest holder, the two largest, and so on; or all others, where none is known by its size."""
    device, held = case.machine.device, others(case.machine.device)
    if device.unified or held <= 0:
        return
    named = [one for one in device.holders or () if one.bytes and closes(one)][:MOST]
    for count, size in enumerate(accumulate(one.bytes or 0 for one in named), 1):
        freed = min(held, size)
        yield closing(case, " and ".join(one.name for one in named[:count]), freed)
    if not named and (device.holders is None or any(map(closes, device.holders))):
        known = [one.name for one in (device.holders or ()) if closes(one)]
        names = ", ".join([*known[:MOST], *([f"{len(known) - MOST} more"] if len(known) > MOST else [])])
        yield closing(case, f"other programs that use the card{f' ({names})' if names else ''}", held)


def closing(case: Case, what: str, freed: int) -> Change:
    """The change that frees so many bytes."""
    machine = replace(case.machine, device=freer(case.machine.device, freed))
    return Change(title=f"Close {what}: {amount(freed)}", choice=slug(what), machine=machine)


def slug(what: str) -> str:
    """Programs as a part of a code."""
    return "others" if what.startswith("other programs") else what.replace(" and ", "+").replace(" ", "-")


def closes(holder: Holder) -> bool:
    """Whether a program is one that a user can close."""
    return holder.name != COMFYUI and not holder.name.startswith(tuple(table()["desktop"]["starts"]))


def others(device: Device) -> int:
    """Bytes that other programs hold for sure: what is taken beside the CUDA context."""
    context: float = facts.table("managers/constants")["cuda_context"]["low_mib"] * MIB
    return round(device.taken.low - context)


def freer(device: Device, freed: int) -> Device:
    """The device with so many bytes less held by others."""
    taken = device.taken + Estimate(-freed, -freed, -freed, device.taken.basis)
    return replace(device, free=min(device.total, device.free + freed), taken=taken, holders=None)
