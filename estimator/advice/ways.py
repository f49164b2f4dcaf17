"""Ways to make what a workflow works on smaller, as edits for a share of its sides."""

from __future__ import annotations

from collections.abc import Iterator
from math import log, log2, sqrt
from typing import Any

import msgspec

from .. import facts
from ..costs.lookup import patch_of
from ..models import Component
from ..workflow import Step
from ..workflow.edits import Edit, Feed, fresh
from ..workflow.graph import Link
from ..workflow.latents import latent_format
from ..workflow.lower import before
from ..workflow.values import Image
from .case import Case
from .levers import Lever, covered, levers, moving, pictures_before, together


class Way(msgspec.Struct, frozen=True):
    """One way to set the two sides of what a step works at.

    `step`: whose size it is. `levers`: one number that moves both sides, or one for each of width and height;
    none where `picture` has to be scaled down, which has `pixels`. `unit`: latent cells of which sides are
    multiples, and `multiple` the same in pixels.
    """

    step: Step
    unit: int
    multiple: int
    levers: tuple[Lever, ...] = ()
    picture: Link | None = None
    pixels: int = 0

    def edits(self, case: Case, share: float) -> list[Edit]:
        """What makes both sides this share of what they are."""
        if self.picture is not None:
            return [scaled_down(case, self.picture, self.pixels * share * share / MEGA)]
        return [one for lever in self.levers for one in self.moved(case, lever, share)]

    def moved(self, case: Case, lever: Lever, share: float) -> list[Edit]:
        """What one lever is set to: of a side, a multiple of the unit."""
        one, power = lever.written, log(0.5) / log(max(lever.left[side] for side in AREA & lever.sides))
        if not one.whole:
            return together(case.graph, one, max(0.01, round(one.value * share ** round(power), 2)))
        unit = self.grain(lever)
        return together(case.graph, one, max(unit, round(one.value * share / unit) * unit))

    def grain(self, lever: Lever) -> int:
        """How much of a number makes one unit of a side."""
        shape = self.step.shape
        assert shape is not None
        cells = max(shape.height * ("height" in lever.sides), shape.width * ("width" in lever.sides))
        each = lever.written.value / cells
        even = 1 << int(log2(max(1, each)))
        return max(self.multiple, (even if each < even * ODD else round(each)) * self.unit)


AREA = frozenset(("height", "width"))
ODD = 1.2  # a side that is no multiple of its cells gives so many times their pixels at most
MEGA = 1 << 20  # pixels of a "megapixel" of ComfyUI's scalers


def ways(case: Case, steps: list[Step]) -> Iterator[Way]:
    """The ways that together set the sizes of some steps, for each a number that is written or a picture."""
    halves: list[Edit] = []
    for step in steps:
        if halves and covered(case, halves, step.node):
            continue
        if way := way_of(case, step):
            halves += way.edits(case, 0.5)
            yield way


def way_of(case: Case, step: Step) -> Way | None:
    """The way to set the size of one step; None where nothing sets it but how much it is enlarged."""
    found, sides = levers(case, step.node), units_of(case, step)
    wide, high = moving(found, "width"), moving(found, "height")
    if wide and high:
        return Way(step, *sides, (wide[0], high[0]))
    both = moving(found, "height", "width")
    base = [one for one in both if one.written.input not in enlarging()]
    if both:
        return Way(step, *sides, (base[-1],)) if base else None
    for link in pictures_before(case, step.node):
        picture = before(case.graph, case.library, link.node).outputs[link.node][link.slot]
        if isinstance(picture, Image):
            way = Way(step, *sides, picture=link, pixels=picture.width * picture.height)
            if covered(case, way.edits(case, 0.5), step.node):
                return way
    return None


def units_of(case: Case, step: Step) -> tuple[int, int]:
    """Latent cells and pixels of which a step's sides are multiples, by its model's patches and layers."""
    part = model_of(case, step)
    return multiples(part) if part else (1, 1)


def multiples(part: Component) -> tuple[int, int]:
    """Latent cells and pixels of which the sides of what a model samples are multiples."""
    cell = max(1, latent_format(part.latent).spatial)
    least = rule()["unet_multiple"] if part.convolutional else rule()["multiple"]
    unit = max(1, least // cell, patch_of(part.cost_table))
    return unit, unit * cell


def model_of(case: Case, step: Step) -> Component | None:
    """The diffusion model of a step, for other steps that of the workflow."""
    models = {key: one.component for key, one in case.loaded.items() if one.role == "diffusion_model"}
    own = (models[key] for key in step.components if key in models)
    return next((part for part in (*own, *models.values()) if part), None)


def scaled_down(case: Case, link: Link, megapixels: float) -> Edit:
    """The node that scales a picture, for all that use it."""
    feeds = tuple(
        Feed(node.id, name) for node, name in case.graph.users_of(link.node) if node.links()[name] == link
    )
    inputs = {
        "image": link,
        "upscale_method": rule()["scaled_by"],
        "megapixels": max(rule()["megapixels"], round(megapixels, 2)),
        "resolution_steps": 1,
    }
    node_id = fresh(case.graph, link.node)
    return Edit("insert", node_id, class_type=rule()["scaler"], inputs=inputs, feeds=feeds)


def shares(way: Way, least: float) -> list[float]:
    """Shares of a step's sides, the largest first, down to `least` of its area.

    They make the longer side a multiple of the unit.
    """
    shape = way.step.shape
    assert shape is not None
    units = max(shape.height, shape.width) // way.unit
    lowest = max(1, -(-int(units * sqrt(least) * 1000) // 1000))
    return [count / units for count in range(units - 1, lowest - 1, -1)]


def enlarging() -> list[str]:
    """Names of inputs that enlarge."""
    found: list[str] = facts.table("sizes")["enlarging"]["names"]
    return found


def rule() -> dict[str, Any]:
    """How far sizes are made smaller."""
    found: dict[str, Any] = facts.table("sizes")["smaller"]
    return found
