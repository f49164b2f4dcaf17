"""Which models ComfyUI's managers treat otherwise than most (`data/managers/kinds.toml`)."""

from __future__ import annotations

from functools import cache

from .. import facts
from ..models import Component
from .machine import Policy
from .policy import version


@cache
def plain_roles() -> frozenset[str]:
    """Roles of networks that are made of torch's own layers: ComfyUI can neither page nor stream them."""
    return frozenset(facts.table("managers/kinds")["plain_roles"])


def never_in_part(component: Component, policy: Policy) -> bool:
    """Whether ComfyUI loads this component whole or not at all (`disable_offload` of VAEs).

    Such a model is the legacy manager's, also where dynamic VRAM is on.
    """
    if component.role != "vae":
        return False
    row = whole_vaes().get(component.comfy_class)
    if row is None or version(policy.comfy) < version(row[0]):
        return False
    return row[1] or not policy.dynamic_vram


@cache
def whole_vaes() -> dict[str, tuple[str, bool]]:
    """VAE classes: since which version they are loaded whole, and whether with dynamic VRAM too."""
    rows = facts.table("managers/kinds")["whole_vae"]
    return {row["class"]: (row["since"], row.get("dynamic", True)) for row in rows}
