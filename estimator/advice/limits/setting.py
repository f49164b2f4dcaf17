"""The numbers of a workflow that say how large, how long and how many, found by what changes with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice
from typing import Literal

import msgspec

from ... import facts
from ...costs import Shape
from ...workflow import Graph, Step, Workload, lower
from ...workflow.edits import Edit, apply
from ...workflow.graph import Link, Node
from ..case import Case
from ..origin import is_number, through

Name = Literal["size", "frames", "seconds", "batch"]
NAMES: tuple[Name, ...] = ("size", "frames", "seconds", "batch")
# A step by its node and its place among that node's steps.
Key = tuple[str, int]


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row `[[input]]` of `data/limits.toml`: inputs by name that say a quantity."""

    quantity: Name
    names: tuple[str, ...]
    source: str
    most: float
    least: float = 0
    power: int = 1
    digits: int = 0
    classes: tuple[str, ...] = ()


class Setting(msgspec.Struct, frozen=True):
    """A number in a widget, and what it says: the row number `rank` says how; `digits`: behind its point."""

    node: str
    input: str
    value: float
    rank: int
    digits: int

    @property
    def kind(self) -> Kind:
        """Its row."""
        return kinds()[self.rank]

    @property
    def grain(self) -> float:
        """The least by which it can be changed."""
        return 10.0**-self.digits

    def edit(self, value: float) -> Edit:
        """The edit that writes another number."""
        return Edit("set", self.node, self.input, round(value, self.digits) if self.digits else round(value))


class Effect(msgspec.Struct, frozen=True):
    """What became of the steps when a setting was raised by `by`: their shapes before and after."""

    setting: Setting
    by: float
    shapes: dict[Key, tuple[Shape, Shape]]

    def changed(self, quantity: Name) -> dict[Key, float]:
        """The steps of which more is made, each with how much is added to a quantity by 1 of the setting."""
        found = {
            key: AMOUNTS[quantity](new) - AMOUNTS[quantity](old) for key, (old, new) in self.shapes.items()
        }
        return {key: more / self.by for key, more in found.items() if more > 0}

    @property
    def clean(self) -> bool:
        """Whether nothing else grows than what the setting says."""
        own = self.setting.kind.quantity
        return own == "seconds" or not any(
            self.changed(name) for name in NAMES if name not in (own, "seconds")
        )


# What of a shape each quantity is; the seconds of a sound lie along its sides.
AMOUNTS = {
    "size": lambda shape: shape.height * shape.width,
    "frames": lambda shape: shape.frames,
    "seconds": lambda shape: shape.frames * shape.height * shape.width,
    "batch": lambda shape: shape.batch,
}


@cache
def kinds() -> tuple[Kind, ...]:
    """The rows of inputs."""
    return msgspec.convert(facts.table("limits")["input"], tuple[Kind, ...])


def effects(case: Case) -> list[Effect]:
    """The settings of a workflow that change what it samples (or works on, where nothing is sampled)."""
    base, ran = shapes(case.workload), set(case.workload.order)
    most = facts.table("limits")["search"]["settings"]
    found = []
    for one in islice(unique(settings(case.graph, ran)), most):
        by = raised(one)
        after = shapes(lower(apply(case.graph, [one.edit(one.value + by)]), case.library))
        common = {key: (shape, after[key]) for key, shape in base.items() if key in after}
        effect = Effect(one, by, common)
        if effect.changed(one.kind.quantity) and effect.clean:
            found.append(effect)
    return found


def raised(one: Setting) -> float:
    """How much a setting is raised to see what it does: enough that a cell or a latent frame is added."""
    if one.kind.quantity == "size":
        return float(one.value * (2**one.kind.power - 1))
    return 1 if one.kind.quantity == "batch" else max(one.value, 16)


def shapes(workload: Workload) -> dict[Key, Shape]:
    """The shapes of the steps that are told by: those that sample, else those that train, else all."""
    found: dict[str, list[Step]] = {}
    for step in workload.steps:
        found.setdefault(step.node, []).append(step)
    keyed = {(node, at): step for node, steps in found.items() for at, step in enumerate(steps)}
    sampled = {key: step for key, step in keyed.items() if step.kind == "sample" or step.training}
    rest = {key: step for key, step in keyed.items() if step.kind != "encode_text" and not step.tokens}
    return {key: step.shape for key, step in (sampled or rest).items() if step.shape}


def unique(found: Iterable[Setting]) -> Iterator[Setting]:
    """Each number once, as what it is first found to say."""
    seen = set()
    for one in found:
        if (one.node, one.input, one.kind.quantity) not in seen:
            seen.add((one.node, one.input, one.kind.quantity))
            yield one


def settings(graph: Graph, ran: set[str]) -> Iterator[Setting]:
    """The numbers that inputs of known names get, in nodes that run."""
    rates = {
        (one.node, one.input)
        for node in graph.nodes.values()
        for name in facts.table("limits")["rates"]["names"]
        if isinstance(node.inputs.get(name), Link)
        for one in written(graph, node, name, 0)
    }
    for node in graph.nodes.values():
        if node.id not in ran:
            continue
        for name in node.inputs:
            rank = rank_of(node.class_type, name)
            if rank is not None:
                yield from (
                    one for one in written(graph, node, name, rank) if (one.node, one.input) not in rates
                )


@cache
def rank_of(class_type: str, name: str) -> int | None:
    """The row of an input; None for any other."""
    fits = (
        rank
        for rank, kind in enumerate(kinds())
        if name in kind.names and (not kind.classes or class_type in kind.classes)
    )
    return next(fits, None)


def written(graph: Graph, node: Node, name: str, rank: int) -> Iterator[Setting]:
    """The numbers in widgets that an input's value is made of."""
    real, seen, waiting = facts.table("sizes")["real"]["classes"], {node.id}, [(node, name)]
    while waiting:
        here, own = waiting.pop(0)
        value = here.inputs[own]
        if isinstance(value, Link):
            before = graph.nodes.get(value.node)
            if before and before.id not in seen and hands_on(before):
                seen.add(before.id)
                waiting += [(before, one) for one in before.inputs]
        elif is_number(value) and 0 < value <= kinds()[rank].most:
            broken = here.class_type in real
            digits = kinds()[rank].digits or int(broken or value != int(value)) * 2
            yield Setting(here.id, own, value, rank, digits if here is node or broken else 0)


def hands_on(node: Node) -> bool:
    """Whether a node's numbers become those of the inputs that it leads to, and say nothing themselves."""
    return node.class_type in through() and all(
        rank_of(node.class_type, name) is None for name in node.inputs
    )
