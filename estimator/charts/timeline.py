"""A forecast's steps as columns: how wide each is, and what lies on the card in it; drawn elsewhere.

The page draws the same ones: `web/charts/columns.js` has the same rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from .. import facts
from ..forecast import Forecast, StepForecast

What = Literal["others", "workspace", "weights", "models", "activations"]
FAILS = ("oom", "spill")


def look(part: str) -> Any:
    """A table of `data/charts/timeline.toml`."""
    return facts.table("charts/timeline")[part]


class Layer(msgspec.Struct, frozen=True):
    """A part of what is on the card during a step, bytes; `component`: whose weights."""

    what: What
    bytes: float
    component: str = ""


class Column(msgspec.Struct, frozen=True):
    """One step, `left` and `width` in pixels, its layers from below; `stands_for`: how many steps it is.

    `reached`: no step before it fails.
    """

    step: StepForecast
    left: float
    width: float
    layers: tuple[Layer, ...]
    stands_for: int
    reached: bool

    @property
    def middle(self) -> float:
        """Its middle, in pixels."""
        return self.left + self.width / 2

    @property
    def top(self) -> float:
        """What it stacks up to, bytes."""
        return sum(layer.bytes for layer in self.layers)


def columns(forecast: Forecast, room_px: float) -> tuple[Column, ...]:
    """The steps of a forecast in `room_px` pixels, in the order in which they run."""
    groups = grouped(forecast.steps, room_px)
    steps = [tallest(group) for group in groups]
    wide = widths(times(groups), room_px, look("size")["least_px"])
    failing = next((at for at, step in enumerate(steps) if step.verdict == "oom"), len(steps))
    found, left = [], 0.0
    for at, (step, group, width) in enumerate(zip(steps, groups, wide, strict=True)):
        found.append(Column(step, left, width, layers(step, forecast), len(group), at <= failing))
        left += width
    return tuple(found)


def grouped(steps: Sequence[StepForecast], room_px: float) -> list[Sequence[StepForecast]]:
    """Each step alone, or neighbours together where there are more than can be drawn in the room."""
    most = min(look("limits")["most_steps"], int(room_px // look("size")["least_px"]))
    many = -(-len(steps) // max(1, most))
    return [steps[at : at + many] for at in range(0, len(steps), many)] if steps else []


def tallest(group: Sequence[StepForecast]) -> StepForecast:
    """The step that stands for a group: one that fails, else that with the highest peak."""
    return max(group, key=lambda one: (one.verdict in FAILS, one.vram_peak.best))


def times(groups: Sequence[Sequence[StepForecast]]) -> list[float]:
    """How long each group takes; what is not known is drawn as long as the others are on average."""
    known = [sum(one.seconds.best for one in group if one.seconds) for group in groups]
    sure = [all(one.seconds for one in group) for group in groups]
    mean = sum(known) / max(1, sum(sure))
    return [took if its_own else max(took, mean) for took, its_own in zip(known, sure, strict=True)]


def widths(shares: Sequence[float], room: float, least: float) -> list[float]:
    """`room` shared out in proportion, nobody getting less than `least`, or than an equal part of it."""
    if not shares:
        return []
    least = min(least, room / len(shares))
    narrow: set[int] = set()
    while True:
        rest = room - least * len(narrow)
        whole = sum(share for at, share in enumerate(shares) if at not in narrow)
        if not whole:
            return [room / len(shares)] * len(shares)
        more = {at for at, one in enumerate(shares) if at not in narrow and one * rest < least * whole}
        if not more:
            return [least if at in narrow else one * rest / whole for at, one in enumerate(shares)]
        narrow |= more


def layers(step: StepForecast, forecast: Forecast) -> tuple[Layer, ...]:
    """What is on the card during a step, from below; weights alone where the rest is not known."""
    taken = Layer("others", forecast.device.taken.best)
    if not step.vram_peak.high:
        known = step.weights if step.verdict == "unknown" else 0
        return tuple(one for one in (taken, *weights(step, forecast, known)) if one.bytes > 0)
    beside = step.activations.best + step.workspace.best
    rest = step.vram_peak.best - forecast.device.taken.best - beside - step.resident
    parts = (
        taken,
        Layer("workspace", step.workspace.best),
        *weights(step, forecast, step.resident),
        Layer("models", rest),
        Layer("activations", step.activations.best),
    )
    return tuple(one for one in parts if one.bytes > 0)


def weights(step: StepForecast, forecast: Forecast, held: int) -> list[Layer]:
    """So many bytes of a step's weights by component, each with its share of what all of them weigh."""
    sizes = {one.key: one.bytes for one in forecast.components if one.key in step.components}
    whole = sum(sizes.values())
    return [Layer("weights", held * size / whole, key) for key, size in sizes.items()] if whole else []


def hues(forecast: Forecast) -> dict[str, str]:
    """The colour of each component, by its key: the largest have one of their own, the others share one."""
    colours: list[str] = look("colour")["weights"]
    used = {key for step in forecast.steps for key in step.components}
    largest = sorted((one for one in forecast.components if one.key in used), key=lambda one: -one.bytes)
    kept = {one.key for one in largest[: len(colours)]}
    order = [one.key for one in forecast.components if one.key in kept]
    named = dict(zip(order, colours, strict=False))
    return {one.key: named.get(one.key, look("colour")["models"]) for one in forecast.components}
