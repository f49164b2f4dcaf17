"""How ComfyUI keeps the results of nodes: by its version, its flags and the machine's RAM."""

from __future__ import annotations

from typing import Any

from .. import facts
from ..units import GIB, MIB
from ..workflow.lifetime import Cache
from .machine import Machine
from .policy import row_of


def result_cache(machine: Machine) -> Cache:
    """The cache of a machine's ComfyUI."""
    policy = machine.policy
    row = row_of(facts.table("execution")["cache"], policy.comfy)
    given = {flag: kind for flag, kind in row["flags"].items() if policy.has(flag)}
    flag, kind = next(iter(given.items()), ("", row["default"]))
    if kind == "lru":
        size = int(policy.value(flag) or 0)
        return Cache("lru", size=size) if size else keeper(row["default"], row, machine)
    return keeper(kind, row, machine, policy.value(flag))


def keeper(kind: Any, row: dict[str, Any], machine: Machine, gib: float | None = None) -> Cache:
    """A cache of a kind that is not counted in results; `gib`: what its flag asks to leave free."""
    if kind != "ram":
        return Cache(kind)
    left = round(gib * GIB) if gib is not None else left_free(row, machine)
    return Cache("ram", left=left, large=row["large_mib"] * MIB, ease=row["ease"])


def left_free(row: dict[str, Any], machine: Machine) -> int:
    """Bytes of RAM that a cache leaves free where no flag says how many."""
    if "bare_gib" in row:
        return round(float(row["bare_gib"]) * GIB)
    rule: dict[str, float] = row["active"]
    share = rule["share"] * machine.host.ram_total
    return round(min(rule["most_gib"] * GIB, max(rule["least_gib"] * GIB, share)))
