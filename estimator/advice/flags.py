"""The same machine with ComfyUI started otherwise."""

from __future__ import annotations

from collections.abc import Collection

from msgspec.structs import replace

from ..runtime import Machine
from ..runtime.policy import policy


def started(machine: Machine, *more: str, without: Collection[str] = ()) -> Machine:
    """The machine with ComfyUI started with `more` flags, and without some; dynamic VRAM as these have it.

    A flag that goes takes along what follows it.
    """
    kept: list[str] = []
    going = False
    for word in machine.policy.flags:
        going = word.partition("=")[0] in without if word.startswith("--") else going
        kept += [] if going else [word]
    own = machine.policy
    flags = (*kept, *(flag for flag in more if flag not in kept))
    return replace(
        machine, policy=policy(own.comfy, own.torch, machine.host.os, machine.device.vendor, flags)
    )
