"""One quantity of a workflow as a dial: all values that it can have, and the edits that give it one."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from functools import cached_property
from math import lcm
from typing import Any

import msgspec

from ... import facts
from ...workflow import Workload
from ...workflow.definitions import definition
from ...workflow.edits import Edit
from ...workflow.graph import Graph, Node
from ...workflow.latents import LatentFormat, latent_format
from ..case import Case
from ..origin import is_number
from ..ways import multiples
from .made import VIDEO
from .setting import Effect, Key, Name, Setting, kinds, rank_of


class Turn(msgspec.Struct, frozen=True):
    """A setting that a dial changes; `slope`: how much of the quantity one of it adds."""

    setting: Setting
    slope: float = 1


class Dial(msgspec.Struct, frozen=True, dict=True):
    """A quantity's settings, which change together; the first one leads, and `values` are those it can have.

    `values` are in order and hold what the leading setting has now, at `start`.
    """

    quantity: Name
    turns: tuple[Turn, ...]
    values: tuple[float, ...]
    grain: int = 1

    @property
    def lead(self) -> Turn:
        """The setting that leads."""
        return self.turns[0]

    @cached_property
    def start(self) -> int:
        """The place of what the workflow has now."""
        return self.values.index(self.lead.setting.value)

    def amount(self, place: int) -> float:
        """How much there is to do at a place, of what there is now."""
        ratio = self.values[place] / self.lead.setting.value
        return float(ratio ** (2 / self.lead.setting.kind.power)) if self.quantity == "size" else ratio

    def place(self, amount: float) -> int:
        """The last place at which there is no more to do than this."""
        power = self.lead.setting.kind.power / 2 if self.quantity == "size" else 1
        wanted = self.lead.setting.value * max(0.0, amount) ** power
        at = bisect_left(self.values, wanted * (1 + 1e-9))
        return max(0, min(len(self.values), at) - 1)

    def edits(self, place: int) -> tuple[Edit, ...]:
        """The edits that set all of it; none where it stays."""
        if place == self.start:
            return ()
        return tuple(turn.setting.edit(self.value(turn, self.values[place])) for turn in self.turns)

    def value(self, turn: Turn, led: float) -> float:
        """What a setting becomes where the leading one becomes `led`."""
        one, lead = turn.setting, self.lead
        if self.quantity == "size":
            side = float(led / lead.setting.value) ** (1 / lead.setting.kind.power)
            wanted = float(one.value * side**one.kind.power)
            return max(self.grain, round(wanted / self.grain) * self.grain) if not one.digits else wanted
        added = (led - lead.setting.value) * lead.slope
        return max(one.grain, one.value + added / turn.slope)


def dial(case: Case, quantity: Name, found: list[Effect]) -> Dial | None:
    """The dial of a quantity; None where no number of the workflow decides it."""
    chosen = leading([one for one in found if says(one, quantity)], quantity)
    if not chosen or (quantity == "size" and not keeps_aspect(chosen)):
        return None
    turns = [Turn(one.setting, max(one.changed(quantity).values())) for one in chosen]
    turns.sort(key=lambda turn: (turn.setting.rank, -turn.setting.value))
    turns += [Turn(one, turns[0].slope) for one in beside(case.graph, turns, set(case.workload.order))]
    grain = multiple(case.workload) if quantity == "size" else 1
    values = range_of(quantity, turns, grain, frame_format(case.workload))
    return Dial(quantity, tuple(turns), values, grain)


def says(effect: Effect, quantity: Name) -> bool:
    """Whether a setting says a quantity, and more of it where it is raised."""
    return effect.setting.kind.quantity == quantity and bool(effect.changed(quantity))


def leading(found: list[Effect], quantity: Name) -> list[Effect]:
    """Of the settings that say the same of a step those of the earlier row."""
    taken: dict[Key, int] = {}
    for one in sorted(found, key=lambda one: one.setting.rank):
        for key in one.changed(quantity):
            taken.setdefault(key, one.setting.rank)
    return [one for one in found if any(taken[key] == one.setting.rank for key in one.changed(quantity))]


def keeps_aspect(chosen: list[Effect]) -> bool:
    """Whether height and width grow alike where all are raised."""
    grown: dict[Key, tuple[float, float]] = {}
    for one in chosen:
        for key, (old, new) in one.shapes.items():
            high, wide = grown.get(key, (1.0, 1.0))
            grown[key] = (high * new.height / old.height, wide * new.width / old.width)
    slack = facts.table("limits")["sides"]["aspect"]
    return all(1 / slack < high / wide < slack for high, wide in grown.values())


def beside(graph: Graph, turns: list[Turn], ran: set[str]) -> list[Setting]:
    """Numbers that must stay equal to those of the dial though no step changes with them, as a schedule's.

    Of a node whose numbers are not all among the dial's nothing is changed.
    """
    own = {(turn.setting.node, turn.setting.input) for turn in turns}
    values = {(turn.setting.kind.quantity, turn.setting.value): turn.setting for turn in turns}
    found: list[Setting] = []
    for node in graph.nodes.values():
        if node.id not in ran or makes_pictures(node):
            continue
        alike = {name: values.get(key) for name, key in literals(node, turns[0].setting.kind.quantity)}
        if all(alike.values()):
            found += [
                msgspec.structs.replace(like, node=node.id, input=name)
                for name, like in alike.items()
                if like and (node.id, name) not in own
            ]
    return found


def literals(node: Node, quantity: Name) -> Iterator[tuple[str, tuple[Name, float]]]:
    """A node's own numbers that say a quantity, by name."""
    for name, value in node.inputs.items():
        rank = rank_of(node.class_type, name)
        if rank is None or kinds()[rank].quantity != quantity:
            continue
        if is_number(value):
            yield name, (quantity, value)


def makes_pictures(node: Node) -> bool:
    """Whether a node gives pictures, whose size is a matter of its own."""
    return bool({"IMAGE", "MASK"} & set((definition(node.class_type) or {}).get("outputs", ())))


def range_of(quantity: Name, turns: list[Turn], grain: int, cell: LatentFormat) -> tuple[float, ...]:
    """The values of the leading setting, up to what the widgets take."""
    lead, rule = turns[0], facts.table("limits")
    one, most = lead.setting, furthest(quantity, turns, cell.temporal)
    if quantity == "size" and not one.digits:
        least = min(one.value, rule["sides"]["least"])
        found = stepped(grain, least, most)
    elif one.digits:
        step = one.grain if quantity == "size" else 1
        found = stepped(step, step, most, one.digits)
    elif quantity == "frames" and cell.dimensions == VIDEO and lead.slope * cell.temporal <= 1.5:
        found = [cell.frames(n) for n in range(1, cell.latent_frames(int(most)) + 1)]
    else:
        found = stepped(1, 1, most)
    return tuple(sorted({*found, one.value}))


def furthest(quantity: Name, turns: list[Turn], temporal: int) -> float:
    """How far the leading setting can go, with all others within their widgets."""
    lead, cap = turns[0], float(facts.table("limits")["search"]["most"][quantity])
    if quantity == "frames":
        cap /= max(1.0, lead.slope * temporal)
    elif quantity == "size" and lead.setting.digits:
        cap = lead.setting.kind.most
    own, power = [turn.setting for turn in turns], lead.setting.kind.power
    room = min((one.kind.most / one.value) ** (power / one.kind.power) for one in own)
    return min(cap, lead.setting.value * float(room))


def stepped(step: float, least: float, most: float, digits: int = 0) -> list[float]:
    """All multiples of `step` between two numbers."""
    first, last = max(1, round(least / step)), int(most / step + 1e-9)
    return [round(at * step, digits) if digits else at * step for at in range(first, last + 1)]


def multiple(workload: Workload) -> int:
    """The pixels that a side is a multiple of: cells and patches of all models that sample."""
    found = [grid(step.components[0], workload) for step in workload.steps if samples(step, workload)]
    return lcm(*found) if found else 1


def samples(step: Any, workload: Workload) -> bool:
    """Whether a step samples with a model that is known."""
    load = workload.loaded.get(step.components[0]) if step.components else None
    return bool(step.kind == "sample" and load and load.component and load.component.latent)


def grid(key: str, workload: Workload) -> int:
    """Pixels of which the sides of what a model samples are multiples."""
    part = workload.loaded[key].component
    assert part is not None
    return multiples(part)[1]


def frame_format(workload: Workload) -> LatentFormat:
    """The format of what a workload samples, which says how its frames count."""
    for step in workload.steps:
        if samples(step, workload):
            part = workload.loaded[step.components[0]].component
            assert part is not None
            return latent_format(part.latent)
    return latent_format("")
