"""Work in tiles: the largest with which a step fits, by its forecast."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from .. import facts
from ..forecast import StepForecast, retry
from ..runtime.policy import version
from ..workflow.edits import Edit
from ..workflow.latents import latent_format
from ..workflow.values import Step
from .bisect import first
from .case import Case
from .change import Change
from .judge import FAILS


class Cut(msgspec.Struct, frozen=True):
    """A tile: its side in pixels (a sound's: in latent steps), and the frames in it, 0 for all."""

    side: int
    frames: int = 0


def in_tiles(case: Case, kind: str, verb: str) -> Iterator[Change]:
    """The change that does all steps of a kind that are in trouble in the largest tiles that fit.

    `verb`: what they do. VAEs that take no notice of tiles are left out, and nodes without a twin.
    """
    found = [(step, row) for step in troubled(case, kind) if (row := row_of(case, step))]
    for sound in (False, True):
        steps = [(step, row) for step, row in found if row.get("sound", False) is sound]
        if steps:
            yield from largest(case, steps, verb)


def troubled(case: Case, kind: str) -> list[Step]:
    """The steps of a kind that do not fit, or hardly, or are tried twice."""
    bad = {one.node for one in case.forecast.steps if one.kind == kind and not calm(one)}
    return case.steps(lambda step: step.kind == kind and step.node in bad and step.shape is not None)


def survives(step: StepForecast) -> bool:
    """Whether a step runs."""
    return step.verdict not in FAILS


def calm(step: StepForecast) -> bool:
    """Whether a step runs at once and with a margin."""
    return survives(step) and not step.tight and not step.tiled


def row_of(case: Case, step: Step) -> dict[str, Any] | None:
    """The row of `data/sizes.toml` by which a step is done in tiles, where that changes anything."""
    load = case.loaded.get(step.components[0]) if step.components else None
    if load is None or load.component is None or retry.takes_no_tiles(latent_format(load.component.latent)):
        return None
    comfy = version(case.machine.policy.comfy)
    rows: list[dict[str, Any]] = facts.table("sizes")["tiled"]
    known = [row for row in rows if version(row["since"]) <= comfy]
    return next((row for row in known if step.class_type in (row["whole"], row["tiled"])), None)


def largest(case: Case, steps: list[tuple[Step, dict[str, Any]]], verb: str) -> Iterator[Change]:
    """The change to the largest tiles that leave none of these steps in trouble, else none that fails."""
    nodes = {step.node for step, _ in steps}

    def with_all(test: Callable[[StepForecast], bool]) -> Callable[[Cut], bool]:
        def does(cut: Cut) -> bool:
            after = case.after(changed(case, steps, cut, verb)).forecast
            return all(test(step) for step in after.steps if step.node in nodes)

        return does

    sides = sides_of(case, steps)
    for test in (calm, survives):
        for frames in (0, *times(case, steps)):
            cut = first([Cut(side, frames) for side in sides], with_all(test))
            if cut is not None:
                yield changed(case, steps, cut, verb)
                return


def sides_of(case: Case, steps: list[tuple[Step, dict[str, Any]]]) -> list[int]:
    """The sides of tiles that are smaller than now, the largest first."""
    rule = facts.table("sizes")["tiles"]
    now = max(step.tile * pixels(case, step) or longest(case, step, row) for step, row in steps)
    top = min(rule["most"], (now - 1) // rule["step"] * rule["step"])
    return list(range(top, rule["least"] - 1, -rule["step"]))


def longest(case: Case, step: Step, row: dict[str, Any]) -> int:
    """The longest side of what a step works on, in pixels; of a sound in latent steps."""
    assert step.shape is not None
    return max(step.shape.height, step.shape.width) * (1 if row.get("sound") else pixels(case, step))


def pixels(case: Case, step: Step) -> int:
    """Pixels along a latent cell's side."""
    component = case.loaded[step.components[0]].component
    return latent_format(component.latent).spatial if component else 1


def times(case: Case, steps: list[tuple[Step, dict[str, Any]]]) -> list[int]:
    """Frames in a tile that are tried where all at once do not do: fewer than there are."""
    there = max((frames_of(case, step) for step, _ in steps if not whole_in_time(case, step)), default=1)
    return [count for count in facts.table("sizes")["tiles"]["frames"] if count < there]


def whole_in_time(case: Case, step: Step) -> bool:
    """Whether a step's VAE always takes all frames."""
    component = case.loaded[step.components[0]].component
    return component is not None and retry.takes_all_frames(latent_format(component.latent))


def frames_of(case: Case, step: Step) -> int:
    """Frames of what a step works on."""
    component = case.loaded[step.components[0]].component
    assert step.shape is not None
    return latent_format(component.latent).frames(step.shape.frames) if component else 1


def changed(case: Case, steps: list[tuple[Step, dict[str, Any]]], cut: Cut, verb: str) -> Change:
    """The change to tiles of one size."""
    rule, harm = facts.table("sizes")["tiles"], facts.table("advice")["harm"]
    fine = cut.side >= rule["fine"] and not cut.frames
    sound = any(row.get("sound") for _, row in steps)
    unit = "latent steps" if sound else "pixels"
    at_once = f" and {cut.frames} frames" if cut.frames else ""
    worse = harm["tiles"] if cut.side >= rule["fine"] else harm["tiles_small"]
    return Change(
        title=f"{verb} in tiles of {cut.side} {unit}{at_once}",
        edits=tuple(one for step, row in steps for one in edits(case, step, row, cut)),
        harm=worse + bool(cut.frames) * harm["tiles_in_time"],
        quality="nearly the same: tiles overlap" if fine else "seams show in even areas at times",
        applicability=None if fine else "lossy",
    )


def edits(case: Case, step: Step, row: dict[str, Any], cut: Cut) -> list[Edit]:
    """The edits of a node and of those that do the same: its twin that works in tiles, or smaller ones."""
    node = case.graph.nodes[step.node]
    same = [one.id for one in case.graph.of_type(node.class_type) if one.inputs == node.inputs]
    if node.class_type == row["tiled"]:
        changed = {"tile_size": cut.side} | ({"temporal_size": cut.frames} if cut.frames else {})
        return [Edit("set", one, name, value) for one in same for name, value in changed.items()]
    widgets = widgets_of(case, step, row, cut)
    return [Edit("replace", one, class_type=row["tiled"], inputs=widgets) for one in same]


def widgets_of(case: Case, step: Step, row: dict[str, Any], cut: Cut) -> dict[str, int]:
    """The widgets of a node that works in tiles."""
    rule = facts.table("sizes")["tiles"]
    widgets = {"tile_size": cut.side, "overlap": rule["overlap"]}
    if row.get("sound"):
        return widgets
    each = rule["frames_step"]
    whole = max(rule["frames_least"], -(-frames_of(case, step) // each) * each)
    frames = {"temporal_size": cut.frames or min(rule["most"], whole)}
    return widgets | frames | {"temporal_overlap": rule["frames_overlap"]}
