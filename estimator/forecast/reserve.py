"""What ComfyUI itself reserves for a step: the numbers it decides by, right or wrong.

Formulas: shared reference comfyui-memory.md 3.1 (sampling, comfy/model_base.py:412-434) and 4.1
(VAEs, comfy/sd.py:496-506 and 818), ComfyUI 0.33.0.
"""

from __future__ import annotations

from .. import facts
from ..costs import Shape
from ..models import Component
from ..runtime import Device, Held
from ..runtime.machine import version
from ..units import MIB
from ..workflow.latents import latent_format


def sampling(held: Held, shape: Shape, batch: int, comfy: str, fused: bool = True) -> int | None:
    """Bytes that ComfyUI reserves for a forward of `batch` latents; None for a class we have no factor of.

    Reference pictures count once, whatever the batch, in the classes that count them at all. Without a
    `fused` attention ComfyUI reserves by area alone, whatever the type.
    """
    rule, known = facts.table("managers/constants")["estimate"], factor(held, comfy)
    if known is None:
        return None
    area = batch * shape.frames * shape.height * shape.width
    area += shape.reference if held.comfy_class in rule["counts_references"] else 0
    each = held.compute_bytes * rule["fused_per_element"] if fused else rule["unfused_per_area"]
    return int(area * each * known * MIB)


def factor(held: Held, comfy: str) -> float | None:
    """ComfyUI's factor for a component: of this kind, else of its class where all kinds of it agree."""
    rows = facts.table("managers/factors")["factor"]
    same = [row for row in rows if row["id"] == held.component]
    same = same or [row for row in rows if row["comfy_class"] == held.comfy_class]
    found = {_of_version(row["versions"], comfy) for row in same}
    return found.pop() if len(found) == 1 else None


def _of_version(known: dict[str, float], comfy: str) -> float:
    """The factor of the newest version up to the asked one, else of the oldest."""
    order = sorted(known, key=version)
    older = [one for one in order if version(one) <= version(comfy)]
    return known[older[-1] if older else order[0]]


def vae(component: Component, held: Held, device: Device, shape: Shape, operation: str) -> int | None:
    """Bytes that ComfyUI reserves for decoding or encoding one latent of `shape`; None where unknown."""
    row = facts.table("managers/constants")["vae_estimate"].get(component.family)
    if row is None:
        return None
    image = "image_frames" in row and shape.frames <= row["image_frames"]
    each = row.get(f"{operation}_image", row[operation]) if image else row[operation]
    spatial = latent_format(component.latent).spatial
    pixels = shape.height * spatial * shape.width * spatial
    factor = row.get("amd", 1.0) if device.vendor == "amd" else 1.0
    return int(pixels * each * held.compute_bytes * factor)
