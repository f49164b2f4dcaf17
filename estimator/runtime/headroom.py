"""How much of a card comfy-aimdo lets ComfyUI fill, by platform and flags.

Source: comfy-aimdo 0.4.10 plat.h (`budget_deficit`), control.c (`cuda_budget_deficit`), shmem-detect.c
(`poll_budget_deficit`) and pyt-cu-plug-alloc-async.c; the wheel of 0.4.13 has the same numbers on Linux.
"""

from __future__ import annotations

from typing import Any

from .. import facts
from ..units import GIB, MIB
from .machine import Machine
from .policy import constants


def rules() -> dict[str, Any]:
    """The constants of dynamic VRAM."""
    found: dict[str, Any] = facts.table("managers/constants")["dynamic"]
    return found


def room(machine: Machine) -> int:
    """Bytes that ComfyUI's tensors, pages and buffers may take together.

    The card less a plain headroom, or less what others hold and a headroom of its own: the smaller one.
    """
    device = machine.device
    return min(device.total - plain(machine), device.free - polled(machine)) - extra(machine)


def asked(machine: Machine, flag: str) -> float | None:
    """GiB that a flag asks to keep free, from the version on that hands it to aimdo; None without it."""
    policy = machine.policy
    heeded = flag in constants(policy.comfy)["dynamic_headroom_flags"]
    return policy.value(flag) if heeded else None


def plain(machine: Machine) -> int:
    """Bytes of the whole card that stay free, whoever would take them: 256 MiB or `--reserve-vram`."""
    given = asked(machine, "--reserve-vram")
    return int(rules()["headroom_mib"] * MIB if given is None else given * GIB)


def polled(machine: Machine) -> int:
    """Bytes that stay free of what the driver says is free.

    Windows tells a process its budget; that it is what others leave is assumed.
    """
    rule = rules()
    if machine.host.os == "windows":
        return int(max(rule["wddm_mib"], rule["windows_free_mib"]) * MIB)
    if machine.device.unified:
        share = rule["integrated"]
        wanted = machine.device.total * share["share"]
        return int(min(max(wanted, share["least_gib"] * GIB), share["most_gib"] * GIB))
    return int(rule["headroom_mib"] * MIB)


def extra(machine: Machine) -> int:
    """Bytes that stay free on top: `--vram-headroom`, and what plain cudaMalloc may lose to fragments."""
    policy = machine.policy
    plain_malloc = any(map(policy.has, rules()["malloc_flags"]))
    return int((asked(machine, "--vram-headroom") or 0) * GIB + plain_malloc * rules()["malloc_mib"] * MIB)
