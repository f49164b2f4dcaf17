"""What ComfyUI itself reserves for a step: the numbers it decides by, right or wrong.

Formulas: shared reference comfyui-memory.md 3.1 (sampling, comfy/model_base.py:412-434) and 4.1
(VAEs, comfy/sd.py:496-506 and 818), ComfyUI 0.33.0.
"""

from __future__ import annotations

from .. import facts
from ..costs import Shape
from ..models import Component
from ..runtime import Device, Held
from ..units import MIB
from ..workflow.latents import latent_format


def sampling(held: Held, shape: Shape, batch: int) -> int | None:
    """Bytes that ComfyUI reserves for a forward of `batch` latents; None for a class we have no factor of."""
    rule = facts.table("managers/constants")["estimate"]
    factor = rule["factors"].get(held.comfy_class)
    if factor is None:
        return None
    area = batch * shape.frames * shape.height * shape.width
    return int(area * held.compute_bytes * rule["fused_per_element"] * factor * MIB)


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
