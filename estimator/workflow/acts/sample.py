"""Acts of samplers: how often which model sees which shape."""

from __future__ import annotations

from math import ceil
from typing import Any

from msgspec.structs import replace

from ... import facts
from ...costs.law import MASKED
from ..state import Here
from ..values import Guider, Latent, Model, Side, Sigmas, Unknown, Value
from .base import Act, Formula
from .pictures import format_of, latent_shape


class Sample(Act, frozen=True, kw_only=True, tag="sample"):
    """A latent through a model, step by step; gives the latent back.

    `steps`: a number, or a schedule; `model`: what is said to be loaded where the guider is not known.
    """

    into: str = "latent"
    guider: Formula = "guided(model, positive, negative, cfg)"
    model: Formula = "model"
    steps: Formula = "steps"
    sampler: Formula = "sampler_name"
    latent: Formula = "latent_image"

    def do(self, here: Here) -> dict[str, Value]:
        """A step for each model of the guider."""
        guider, latent, steps = here.value(self.guider), here.value(self.latent), self.count(here)
        if not isinstance(guider, Guider) or not isinstance(latent, Latent) or isinstance(steps, Unknown):
            self.fail(here, guider, (guider, latent, steps))
            return {self.into: latent if isinstance(latent, Latent) else here.like(latent)}
        repeats = evaluations(here.value(self.sampler), steps)
        latent = fitting(here, latent, guider.model.component)
        for one in (guider, *guider.other):
            pass_through(here, one, latent, repeats)
        return {self.into: latent}

    def count(self, here: Here) -> int | Unknown:
        """The number of steps."""
        steps = here.value(self.steps)
        return steps.steps if isinstance(steps, Sigmas) else here.number(self.steps)

    def fail(self, here: Here, guider: Value, given: tuple[Value, ...]) -> None:
        """A step of unknown size, with its weights where these are known."""
        model = guider.model if isinstance(guider, Guider) else here.value(self.model)
        known = isinstance(model, Model)
        parts: dict[str, Any] = {"components": (model.component,), "loras": model.loras} if known else {}
        kinds = zip(given, (Guider, Latent, int), strict=True)
        reason = here.like(next((one for one, kind in kinds if not isinstance(one, kind)), None)).reason
        here.state.add(here.node, kind="sample", unknown=reason, **({"components": ()} | parts))


def pass_through(here: Here, guider: Guider, latent: Latent, repeats: int) -> None:
    """The step of sampling with one model, with the networks that run inside of its passes."""
    model, given = guider.model, guider.conditionings
    windows, frames = windows_of(model, latent.frames)
    more = ceil(max(one.more for one in given) / (latent.height * latent.width))
    shape = latent_shape(
        here,
        model.component,
        sized(latent, frames + more),
        max(one.tokens for one in given) + model.tokens,
        max(one.reference for one in given) + model.images,
    )
    controls = tuple(dict.fromkeys(control for one in given for control in one.controls))
    nets, hooks = (*controls, *model.nets), dict.fromkeys(hook for one in given for hook in one.hooks)
    here.state.take((model.component,), model.taken, "hooks" if hooks else "")
    if model.swaps:
        here.state.swaps.add(model.component)
    here.state.add(
        here.node,
        kind="sample",
        law=MASKED if latent.masked else "forward",
        components=(model.component, *nets, *model.beside),
        loras=(*model.loras, *hooks),
        shape=shape,
        repeats=repeats * windows,
        conditions=sum(one.parts for one in given),
        sides=tuple(Side(net, shape) for net in nets),
        alone=repeats * windows * model.more,
    )


def fitting(here: Here, latent: Latent, key: str) -> Latent:
    """A latent as the model gets it: one that is still empty is brought to the model's own cells."""
    own = format_of(here, key) if key else None
    if not latent.cell or not own or not own.id or latent.cell == own.spatial:
        return replace(latent, cell=0)
    by = latent.cell / own.spatial
    return replace(latent, height=round(latent.height * by), width=round(latent.width * by), cell=0)


def sized(latent: Latent, frames: int) -> Latent:
    """A latent of so many frames."""
    return Latent(latent.batch, frames, latent.height, latent.width)


def windows_of(model: Model, frames: int) -> tuple[int, int]:
    """How many context windows a latent is seen in, and how many frames each has."""
    if not model.window or frames <= model.window:
        return 1, frames
    step = max(1, model.window - model.overlap)
    return ceil((frames - model.window) / step) + 1, model.window


def evaluations(sampler: Value, steps: int) -> int:
    """Model evaluations of so many steps by a sampler; the last step takes one whatever the sampler."""
    known = facts.table("samplers")["evaluations"]
    each = known.get(sampler, 1) if isinstance(sampler, str) else 1
    return each * (steps - 1) + 1 if steps > 0 else 0
