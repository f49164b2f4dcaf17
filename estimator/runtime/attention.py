"""Which attention ComfyUI runs on a machine: a fused kernel, or one that makes the scores in slices."""

from __future__ import annotations

from typing import Any

from .. import facts
from .capabilities import gfx, rules
from .machine import Machine
from .policy import constants, has_torch, rocm, version


def attention(machine: Machine) -> str:
    """`fused`, `split` or `sub_quad`, by the flags, else by the card (`data/attention.toml`)."""
    rule = choice()
    for flag, kind in rule["flags"].items():
        if machine.policy.has(flag):
            return str(kind)
    return "fused" if amd_fused(machine) else str(rule["backends"][machine.backend])


def kernels(machine: Machine) -> str:
    """By what a pass computes here, as numbers measured in it are known: its attention, and the flags that
    change kernels and with them what a pass takes, as they were given.
    """
    policy, rule = machine.policy, choice()
    given = [flag for flag in (*rule["flags"], *rule["kernels"]) if policy.has(flag)]
    return " ".join((attention(machine), *(word for flag in given for word in (flag, *policy.words(flag)))))


def reserves_fused(machine: Machine) -> bool:
    """Whether ComfyUI reserves as for a fused attention (`pytorch_attention_flash_attention`)."""
    rule = choice()["reserves_fused"]
    if machine.backend not in rule["backends"]:
        return False
    if machine.policy.has(rule["flag"]):
        return True
    allowed = machine.backend != "rocm" or amd_fused(machine)
    return allowed and not any(map(machine.policy.has, rule["off"]))


def amd_fused(machine: Machine) -> bool:
    """Whether ComfyUI turns torch's attention on for this AMD card; torch is taken to have its kernels."""
    if machine.backend != "rocm":
        return False
    policy, rule = machine.policy, rules()["rocm"]
    known = constants(policy.comfy)["amd_fused"]
    name = gfx(machine.device)
    if name in known["torch"]:
        return has_torch(policy, rule["fused_torch"])
    return name in known["rocm"] and rocm(policy.torch) >= version(rule["fused"])


def choice() -> dict[str, Any]:
    """The rule by which one is chosen."""
    found: dict[str, Any] = facts.table("attention")["choice"]
    return found
