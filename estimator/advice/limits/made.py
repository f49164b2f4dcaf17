"""What a workflow makes, as its steps have it: sides in pixels, frames, how many at once."""

from __future__ import annotations

from functools import cache

import msgspec

from ... import facts
from ...costs import Shape
from ...workflow import Step, Workload
from ...workflow.latents import LatentFormat, latent_format

VIDEO = 3  # dimensions of a video's latent
PICTURE = 2


class Made(msgspec.Struct, frozen=True):
    """The largest thing that is made; a side is 0 where its pixels are not known, as of a sound or a mesh."""

    width: int = 0
    height: int = 0
    frames: int = 1
    batch: int = 1
    video: bool = False
    sound: bool = False

    @property
    def longer(self) -> int:
        """The longer side."""
        return max(self.width, self.height)


def made(workload: Workload) -> Made:
    """What a workload makes: the largest of what it decodes, else of what it samples, else of its steps."""
    found = [(step, cell) for step in workload.steps if step.shape and (cell := cells(step, workload))]
    for kinds in (("decode",), ("sample",), ("upscale", "encode_image", "other")):
        these = [(step, cell) for step, cell in found if step.kind in kinds]
        seen = [one for one in these if not is_sound(one[0], workload)] or these
        if seen:
            step, cell = max(seen, key=lambda one: extent(one[0]))
            return of_step(step, cell, workload)
    return Made()


def of_step(step: Step, cell: LatentFormat, workload: Workload) -> Made:
    """What one step makes of its latent, or does with its picture."""
    shape = step.shape
    assert shape is not None
    if is_sound(step, workload):
        return Made(batch=shape.batch, sound=True)
    if cell.dimensions < PICTURE:
        return Made(batch=shape.batch)
    video = cell.dimensions == VIDEO
    return Made(
        width=shape.width * cell.spatial,
        height=shape.height * cell.spatial,
        frames=cell.frames(shape.frames) if video else 1,
        batch=shape.batch,
        video=video,
    )


def cells(step: Step, workload: Workload) -> LatentFormat | None:
    """The format of a step's latents; None where its network is not known, or is given none and no pixels."""
    load = workload.loaded.get(step.components[0]) if step.components else None
    if load is None or load.component is None or step.shape is None or step.kind == "encode_text":
        return None
    if step.law in ("decode", "encode") or step.kind == "sample" or step.training:
        return latent_format(load.component.latent) if load.component.latent else None
    return latent_format("") if step.shape.channels == 3 else None


def is_sound(step: Step, workload: Workload) -> bool:
    """Whether a step's VAE is one of sound, or its model samples a latent of such a one."""
    load = workload.loaded.get(step.components[0]) if step.components else None
    return bool(load and load.component and {load.component.id, load.component.latent} & sounds())


@cache
def sounds() -> frozenset[str]:
    """The VAEs of sound, and the formats of their latents."""
    vaes = {name for row in facts.table("sounds")["vae"] for name in row["of"]}
    return frozenset(vaes | set(facts.table("limits")["sound"]["latents"]))


def extent(step: Step) -> tuple[int, ...]:
    """How much a step works on."""
    shape = step.shape or Shape(0, 0, 0, 0, 0)
    return shape.frames * shape.height * shape.width, shape.batch
