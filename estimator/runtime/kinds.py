"""Which models ComfyUI's managers treat otherwise than most (`data/managers/kinds.toml`)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from .. import facts
from ..models import Component
from .machine import Policy
from .policy import constants, version


@cache
def plain_roles() -> frozenset[str]:
    """Roles of networks that are made of torch's own layers: ComfyUI can neither page nor stream them."""
    return frozenset(facts.table("managers/kinds")["plain_roles"])


def never_in_part(component: Component, policy: Policy) -> tuple[bool, bool]:
    """Whether ComfyUI loads this component whole or not at all (`disable_offload` of VAEs).

    And whether it then is the legacy manager's, also where dynamic VRAM is on.
    """
    row = whole_vaes().get(component.comfy_class) if component.role == "vae" else None
    if row is None or version(policy.comfy) < version(row[0]) or (policy.dynamic_vram and not row[1]):
        return False, False
    return True, "disable_offload_vae" in constants(policy.comfy)["always_legacy"]


def taken(ways: Sequence[str], policy: Policy) -> bool:
    """Whether one of these (hooks, torch_compile) hands a model to the legacy manager in this version."""
    return any(way in constants(policy.comfy)["always_legacy"] for way in ways)


@cache
def whole_vaes() -> dict[str, tuple[str, bool]]:
    """VAE classes: since which version they are loaded whole, and whether with dynamic VRAM too."""
    rows = facts.table("managers/kinds")["whole_vae"]
    return {row["class"]: (row["since"], row.get("dynamic", True)) for row in rows}
