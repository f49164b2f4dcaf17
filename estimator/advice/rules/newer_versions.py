"""Update ComfyUI, or PyTorch.

## What it does
Names the newest ComfyUI whose memory manager is known here, or the PyTorch that dynamic VRAM needs, or turns
dynamic VRAM on where this version has it but leaves it off.

## Why it helps
Dynamic VRAM (on NVIDIA cards from 0.16.0 on, under WSL from 0.33.0 on, with PyTorch 2.8 or newer) lets
weights give way to whatever a step needs and streams the rest. Newer versions also reserve and tile better.

## Quality
Unchanged.

## When it is left out
Where this ComfyUI is the newest one that is known, and nothing keeps its dynamic VRAM off.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...runtime import Machine
from ...runtime.policy import constants, has_torch, newest, version
from ..case import Case
from ..change import Change
from ..setup import known, restarted, start, updated

CODE = "newer-versions"
APPLICABILITY = "manual"


def changes(case: Case) -> Iterator[Change]:
    """A flag where no update does it, then PyTorch, then ComfyUI, then both."""
    machine, policy = case.machine, case.machine.policy
    flag, torch = known("enable_dynamic", machine), needed(policy.comfy)
    old, new = not has_torch(policy, torch), newest()
    if flag and not old and not policy.dynamic_vram and turns_on(machine, flag):
        yield start(machine, [flag])
    if old and (found := updated(machine, torch=torch)).policy.dynamic_vram:
        yield Change(f"Update PyTorch to {torch} or newer", f"torch-{torch}", machine=found)
    if version(policy.comfy) >= version(new):
        return
    yield Change(f"Update ComfyUI to {new}", f"comfyui-{new}", machine=updated(machine, new))
    latest = needed(new)
    if not has_torch(policy, latest):
        title = f"Update ComfyUI to {new} and PyTorch to {latest} or newer"
        yield Change(title, f"comfyui-{new}+torch-{latest}", machine=updated(machine, new, latest))


def needed(comfy: str) -> str:
    """The PyTorch that a version's dynamic VRAM needs."""
    return str(constants(comfy)["dynamic"].get("torch", "0"))


def turns_on(machine: Machine, flag: str) -> bool:
    """Whether it takes the flag to turn dynamic VRAM on: no update does, and no other flag keeps it off."""
    off = constants(machine.policy.comfy)["dynamic"].get("off", ())
    if any(map(machine.policy.has, off)) or updated(machine, newest()).policy.dynamic_vram:
        return False
    return restarted(machine, [flag]).policy.dynamic_vram
