"""What ComfyUI itself reserves for a step: the numbers it decides by, right or wrong.

Formulas: shared reference comfyui-memory.md 3.1 (sampling, comfy/model_base.py:412-434) and 4.1 (VAEs:
rows of `data/managers/vae_estimates.toml`), ComfyUI 0.33.0.
"""

from __future__ import annotations

from functools import cache
from math import inf, prod

import msgspec

from .. import facts
from ..costs import Shape
from ..models import Component
from ..models.rows import Kind
from ..runtime.policy import version
from ..units import MIB
from ..workflow.latents import latent_format


class Clip(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How frames count: share x (times x frames - less) ^ power, between low and high."""

    times: float = 1
    less: float = 0
    power: float = 1
    share: float = 1
    low: float = -inf
    high: float = inf

    def of(self, frames: float) -> float:
        """The number that stands for `frames`."""
        counted: float = self.share * (self.times * frames - self.less) ** self.power
        return max(self.low, min(self.high, counted))


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One formula, up to `until` frames: bytes for each byte of an element, or with `any_type` just bytes."""

    each: float
    of: tuple[str, ...]
    plus: float = 0
    least: float = 0
    until: float = inf
    clip: Clip = Clip()
    any_type: bool = False

    def bytes(self, sides: dict[str, float], element: int) -> float:
        """Bytes for a tensor of these sides, its elements so many bytes."""
        counted = sides | {"frames": self.clip.of(sides["frames"])}
        found = max(self.least, self.each * prod(counted[side] for side in self.of) + self.plus)
        return found if self.any_type else found * element


class Estimate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row of the table: which VAEs, from which version on, and the cases; ratios where they are its own."""

    of: tuple[str, ...]
    since: str
    decode: tuple[Case, ...]
    encode: tuple[Case, ...]
    amd: float = 1
    amd_encode: float = 1
    samples: float = 0
    length: str = "width"
    source: str = ""


def sampling(
    kind: Kind, element: int, shape: Shape, batch: int, comfy: str, fused: bool = True
) -> int | None:
    """Bytes that ComfyUI `comfy` reserves for a forward of `batch` latents; None where no factor is known.

    `element`: bytes of the type that it computes in. Reference pictures count once, whatever the batch, in
    the classes that count them at all. Without a `fused` attention ComfyUI reserves by area alone.
    """
    rule, known = facts.table("managers/constants")["estimate"], factor(kind.id, kind.comfy_class, comfy)
    if known is None:
        return None
    cells = shape.frames * shape.height * shape.width * rule["counts_channels"].get(kind.comfy_class, 1)
    area = batch * cells + (shape.reference if kind.comfy_class in rule["counts_references"] else 0)
    each = element * rule["fused_per_element"] if fused else rule["unfused_per_area"]
    return int(area * each * known * MIB)


@cache
def factor(kind: str, comfy_class: str, comfy: str) -> float | None:
    """ComfyUI's factor for a model: of this kind, else of its class where all kinds of it agree."""
    rows = facts.table("managers/factors")["factor"]
    same = [row for row in rows if row["id"] == kind]
    same = same or [row for row in rows if row["comfy_class"] == comfy_class]
    found = {_of_version(row["versions"], comfy) for row in same}
    return found.pop() if len(found) == 1 else None


def _of_version(known: dict[str, float], comfy: str) -> float:
    """The factor of the newest version up to the asked one, else of the oldest."""
    order = sorted(known, key=version)
    older = [one for one in order if version(one) <= version(comfy)]
    return known[older[-1] if older else order[0]]


def vae(kind: Kind, element: int, vendor: str, shape: Shape, operation: str, comfy: str) -> int | None:
    """Bytes that ComfyUI `comfy` reserves to decode or encode one latent of `shape`; None where unknown.

    `element`: bytes of the type that it computes in; `vendor`: of the card.
    """
    row = vae_estimate(kind.id, comfy)
    if row is None:
        return None
    decodes = operation == "decode"
    sides = _sides(shape) if decodes else _encoded(row, kind.latent, shape)
    for case in row.decode if decodes else row.encode:
        if sides["frames"] <= case.until:
            factor = row.amd * (1 if decodes else row.amd_encode) if vendor == "amd" else 1
            return int(case.bytes(sides, element) * factor)
    return None


def upscaling(part: Component, shape: Shape) -> int:
    """Bytes that ComfyUI reserves for an upscale model, whatever its tiles, and for all pictures it gets."""
    row = facts.table("managers/vae")["upscale"]
    numbers = row["tile"] ** 2 * 3 * max(1, part.hyper.get("scale", 1)) * row["reserved_per_number"]
    return int((numbers + shape.batch * shape.channels * shape.height * shape.width) * row["number_bytes"])


@cache
def vae_estimate(kind: str, comfy: str) -> Estimate | None:
    """The row of a VAE that holds for a version: the newest not newer than it, else its oldest."""
    rows = [row for row in _estimates() if kind in row.of]
    held = [row for row in rows if version(row.since) <= version(comfy)]
    return held[-1] if held else rows[0] if rows else None


@cache
def _estimates() -> tuple[Estimate, ...]:
    """The table, typed."""
    return msgspec.convert(facts.table("managers/vae_estimates")["estimate"], tuple[Estimate, ...])


def _sides(shape: Shape) -> dict[str, float]:
    """The sides of a latent by name."""
    own = {name: getattr(shape, name) for name in ("batch", "channels", "frames", "height", "width")}
    return own | {"tokens": shape.text_tokens}


def _encoded(row: Estimate, latent: str, shape: Shape) -> dict[str, float]:
    """The sides of what is encoded to the latent `shape`: pixels and frames, or samples along the width."""
    cell = latent_format(latent)
    if row.samples or cell.dimensions == 1:
        samples = getattr(shape, row.length) * (row.samples or cell.temporal)
        return _sides(shape) | {"height": 2, "width": round(samples)}
    return _sides(shape) | {
        "frames": cell.frames(shape.frames),
        "height": shape.height * cell.spatial,
        "width": shape.width * cell.spatial,
    }
