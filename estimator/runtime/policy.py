"""How ComfyUI is set up: its version's constants, its flags, and whether dynamic VRAM is on."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from .. import facts
from .machine import Machine, Os, Policy


@cache
def version(text: str) -> tuple[int, ...]:
    """A version's numbers, to compare by: `0.33.0` is (0, 33, 0), and `2.9.1+cu130` (2, 9, 1)."""
    return tuple(int(number) for number in re.findall(r"\d+", text.partition("+")[0])[:3])


def row_of(rows: list[dict[str, Any]], comfy: str) -> dict[str, Any]:
    """The row that holds for a ComfyUI version: the newest not newer than it, else the oldest."""
    return [rows[0], *(row for row in rows if version(row["since"]) <= version(comfy))][-1]


@cache
def constants(comfy: str) -> dict[str, Any]:
    """What the manager of a ComfyUI version decides by: each behaviour as of the newest row not newer.

    A behaviour that came later than this version is as in its oldest row.
    """
    found: dict[str, Any] = {}
    for row in sorted(facts.table("managers/versions")["change"], key=lambda row: version(row["since"])):
        if row["what"] not in found or version(row["since"]) <= version(comfy):
            found[row["what"]] = row["value"]
    return found


def newest() -> str:
    """The newest ComfyUI version whose manager is known."""
    known: str = facts.table("managers/constants")["newest"]
    return known


def policy(comfy: str, torch: str, os: Os, vendor: str, flags: tuple[str, ...] = ()) -> Policy:
    """The policy of a ComfyUI; dynamic VRAM is on by its own rule (comfyui-memory.md 1.3)."""
    plain = Policy(comfy, False, flags, torch)
    return Policy(comfy, dynamic_vram(plain, os, vendor), flags, torch)


def dynamic_vram(policy: Policy, os: Os, vendor: str) -> bool:
    """Whether a ComfyUI so set up turns dynamic VRAM on."""
    rule, built = constants(policy.comfy)["dynamic"], facts.table("managers/constants")["dynamic"]
    if vendor not in built["vendors"] or os not in built["systems"] or policy.has("--directml"):
        return False
    if policy.has("--cpu"):
        return False
    if any(map(policy.has, rule["flags"])):
        return True
    asked = "word" in rule and policy.fast(rule["word"])
    default = vendor in rule["vendors"] and os in rule["systems"]
    wanted = asked or (default and rocm_allows(policy, vendor, rule))
    return (
        wanted and has_torch(policy, rule.get("torch", "0")) and not any(map(policy.has, rule.get("off", ())))
    )


def has_torch(policy: Policy, needed: str) -> bool:
    """Whether torch is of a version or newer; one that is not known is taken for new."""
    return not policy.torch or version(policy.torch) >= version(needed)


def rocm_allows(policy: Policy, vendor: str, rule: dict[str, Any]) -> bool:
    """Whether an AMD card's ROCm is new enough for dynamic VRAM by default; true for other cards."""
    return vendor != "amd" or rocm(policy.torch) >= version(rule["rocm"])


@cache
def rocm(torch: str) -> tuple[int, ...]:
    """The ROCm that a torch was built for (`2.8.0+rocm7.0`); an assumed one where it does not say."""
    built = re.search(r"\+rocm(\d[\d.]*)", torch)
    return version(built[1] if built else facts.table("capabilities")["assumed"]["rocm"])


@cache
def cuda(torch: str) -> tuple[int, ...]:
    """The CUDA that a torch was built for (`2.9.1+cu130` is (13, 0)); empty where it does not say."""
    built = re.search(r"\+cu(\d+)(\d)(?!\d)", torch)
    return (int(built[1]), int(built[2])) if built else ()


def streams(machine: Machine) -> int:
    """How many streams weights are moved by beside computing (`NUM_STREAMS`)."""
    policy, known = machine.policy, constants(machine.policy.comfy)["streams"]
    if policy.has("--disable-async-offload"):
        return 0
    if policy.has("--async-offload"):
        return round(policy.value("--async-offload") or 2)
    on_card = machine.backend in ("cuda", "rocm")
    by_default: int = known.get(machine.device.vendor if on_card else "default", known["default"])
    return by_default
