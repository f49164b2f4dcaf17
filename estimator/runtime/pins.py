"""What ComfyUI pins in RAM: how much at once, and how much RAM it leaves (`data/managers/memory.toml`).

Names are ComfyUI's: comfy/pinned_memory.py, and `ensure_pin_budget` and `MAX_PINNED_MEMORY` of
comfy/model_management.py. Dynamic VRAM pins a copy of each weight as its file has it, the legacy manager
pins the weights that it left in RAM where they lie.
"""

from __future__ import annotations

from typing import Any

import msgspec

from .. import facts
from ..units import GIB
from .cache import result_cache
from .machine import Host, Machine
from .policy import row_of


class Pins(msgspec.Struct, frozen=True):
    """What a machine's ComfyUI may pin, bytes. `limit`: registered with the driver at once.

    `spare`: RAM that a new copy leaves available; `kept`: RAM that copies are given up for after each node;
    `copies`: so much may be copied at all; `resident`: weights on the card have copies too;
    `forced`: copies are made whatever RAM is left, and never given up.
    """

    limit: int = 0
    copies: int = 0
    spare: int = 0
    kept: int = 0
    resident: bool = False
    forced: bool = False


def pins(machine: Machine) -> Pins:
    """What a machine's ComfyUI may pin; nothing on other vendors' cards or where a flag says so."""
    table, policy = facts.table("managers/memory"), machine.policy
    rule, row = table["pinning"], row_of(table["pins"], policy.comfy)
    wanted = row["default"] or policy.has(row.get("on_flag", ""))
    if not wanted or machine.device.vendor not in rule["vendors"] or policy.has(rule["off_flag"]):
        return Pins()
    most, ram = limit(row, machine.host), machine.host.ram_total
    if row["budget"] == "limit":
        return Pins(most, most)
    if policy.has(rule["all_flag"]):
        return Pins(most, ram, resident=True, forced=True)
    headroom = result_cache(machine).left
    kept = headroom if row["pressure"] == "always" or machine.host.os != "windows" else 0
    if policy.has(rule["disk_flag"]):
        return Pins(most, most, kept=kept)
    resident = row["resident"]
    return Pins(most, ram, spare(row, headroom), kept, resident)


def limit(row: dict[str, Any], host: Host) -> int:
    """`MAX_PINNED_MEMORY`, bytes: a share of RAM, within what other programs and the swap leave."""
    share = row["share"]
    if host.os == "windows":
        return int(host.ram_total * share["windows"])
    most = host.ram_total * share["default"]
    if "least_share" not in row:
        return int(most)
    without, swapped = row["spare_gib"] * GIB, row["spare_with_swap_gib"] * GIB
    most = min(most, host.ram_total - without, host.ram_total + (host.swap or 0) - swapped)
    return int(max(host.ram_total * row["least_share"], most))


def spare(row: dict[str, Any], headroom: int) -> int:
    """Bytes of RAM that stay available when a copy is made: `ensure_pin_budget`."""
    return int(max(headroom * row["cache_share"], row["least_gib"] * GIB))
