"""Acts of networks that work on latents."""

from __future__ import annotations

from functools import cache
from math import ceil
from typing import Any

from msgspec.structs import replace

from ... import facts
from ..state import Here
from ..values import Latent, Net, Unknown, Value
from .base import Act, Formula
from .pictures import failed, latent_shape


class Upsample(Act, frozen=True, kw_only=True, tag="upsample"):
    """A latent through a model that makes it larger, or, where its node sizes it before, keeps its size.

    `own`: the size comes of the model itself.
    """

    into: str = "latent"
    net: Formula = "upscale_model"
    latent: Formula = "samples"
    own: bool = True

    def do(self, here: Here) -> dict[str, Value]:
        """The step, and the latent, which has lost its noise mask."""
        net, latent = here.value(self.net), here.value(self.latent)
        if not isinstance(net, Net) or not isinstance(latent, Latent):
            return {self.into: failed(here, "upscale", net, latent)}
        shape = latent_shape(here, net.component, latent)
        here.state.add(
            here.node, kind="upscale", components=(net.component,), law="upscale_latent", shape=shape
        )
        return {self.into: enlarged(here, net, latent) if self.own else latent}


def enlarged(here: Here, net: Net, latent: Latent) -> Latent | Unknown:
    """A latent as large as a model makes it."""
    component = here.state.component(net.component).component
    factors = upsamplers().get(component.id) if component else None
    if factors is None:
        return here.unknown("how much its upscale model enlarges is not known")
    by, times = factors.get("spatial", 1), factors.get("temporal", 1)
    height, width = ceil(latent.height * by), ceil(latent.width * by)
    frames = latent.frames * times - (times - 1)
    return replace(latent, frames=frames, height=height, width=width, masked=False)


@cache
def upsamplers() -> dict[str, dict[str, Any]]:
    """The rows of `data/upsamplers.toml` by the ids of their models."""
    return {name: row for row in facts.table("upsamplers")["upsampler"] for name in row["of"]}
