"""The machines that the chart is made for: one card's speed, with any amount of memory."""

from __future__ import annotations

from functools import cache
from typing import Any

from msgspec.structs import replace

from .. import facts
from ..runtime import Device, Host, Machine
from ..runtime.cards import card, device_of
from ..runtime.machine import Os
from ..runtime.policy import policy
from ..units import GIB


def settings() -> dict[str, Any]:
    """How the chart is made: `data/charts/unlocks.toml`."""
    return facts.table("charts/unlocks")


@cache
def reference(ram: float = 0, gpu: str = "") -> Machine:
    """The chart's machine, with `ram` GiB of RAM and the card `gpu` where they are given.

    Raises `InputError` for a card that is not known.
    """
    row = settings()["machine"]
    total, found = round((ram or row["ram_gib"][0]) * GIB), card(gpu or row["gpu"])
    system: Os = "macos" if found["vendor"] == "apple" else row["system"]
    device = device_of(found, ram=total)
    return Machine(
        device, Host(system, total, total), policy(row["comfy"], row["torch"], system, device.vendor, ())
    )


def sized(machine: Machine, vram: float) -> Machine:
    """The same machine with a card of so many GiB, of which the same is held by others."""
    total = round(vram * GIB)
    free = max(0, total - round(machine.device.taken.best))
    device: Device = replace(machine.device, name=f"a {vram:g} GiB card", total=total, free=free)
    return replace(machine, device=device)
