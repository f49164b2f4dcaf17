"""How a ComfyUI manages memory, by its version, its flags and the machine it runs on."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from .. import facts
from .machine import Os, Policy


@cache
def version(text: str) -> tuple[int, ...]:
    """A version's numbers, to compare by: `0.33.0` is (0, 33, 0)."""
    return tuple(int(number) for number in re.findall(r"\d+", text)[:3])


@cache
def constants(comfy: str) -> dict[str, Any]:
    """The manager's row that holds for a ComfyUI version: the newest not newer than it, else the oldest."""
    rows: list[dict[str, Any]] = facts.table("managers/constants")["version"]
    held = [row for row in rows if version(row["since"]) <= version(comfy)]
    return held[-1] if held else rows[0]


def newest() -> str:
    """The newest ComfyUI version whose manager is known."""
    known: str = facts.table("managers/constants")["newest"]
    return known


def policy(comfy: str, torch: str, os: Os, vendor: str, flags: tuple[str, ...] = ()) -> Policy:
    """The policy of a ComfyUI; dynamic VRAM is on by its own rule (comfyui-memory.md 1.3)."""
    row, rule = constants(comfy), facts.table("managers/constants")["dynamic"]
    forced = rule["on_flag"] in flags
    system = os in rule["systems"] or (os == "wsl" and row["dynamic_on_wsl"])
    by_default = (
        vendor in rule["vendors"]
        and system
        and version(torch) >= version(rule["torch_since"])
        and not set(rule["off_flags"]) & set(flags)
    )
    return Policy(comfy, row["dynamic_vram"] and (forced or by_default), flags)
