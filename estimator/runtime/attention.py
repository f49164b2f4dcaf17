"""Which attention ComfyUI runs on a machine: a fused kernel, or one that makes the scores in slices."""

from __future__ import annotations

from .. import facts
from .machine import Machine


def attention(machine: Machine) -> str:
    """`fused`, `split` or `sub_quad`, by the flags, else by the card (`data/attention.toml`)."""
    rule = facts.table("attention")["choice"]
    for flag, kind in rule["flags"].items():
        if machine.policy.has(flag):
            return str(kind)
    if machine.device.vendor == "amd" and machine.device.architecture in rule["amd_fused"]:
        return "fused"
    return str(rule["vendors"].get(machine.device.vendor, "fused"))
