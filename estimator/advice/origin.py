"""Where a number that decides a size is written: in the input's own widget, or behind links."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from functools import cache

import msgspec

from .. import facts
from ..workflow import Graph
from ..workflow.edits import Edit, apply
from ..workflow.graph import Link, Node
from ..workflow.lower import before
from ..workflow.state import State
from ..workflow.values import Image
from .case import Case

MOST = 1 << 24  # no widget takes a larger number
Measure = Callable[[Graph], float | None]


class Written(msgspec.Struct, frozen=True):
    """A number in a widget: whose, and which."""

    node: str
    input: str
    value: float
    whole: bool = True

    @property
    def half(self) -> float:
        """Half of it, at least 1 where it is whole."""
        return max(1, int(self.value) // 2) if self.whole else self.value / 2

    def becoming(self, value: float) -> Edit:
        """The edit that writes another one: a whole number, or one in hundredths."""
        return Edit("set", self.node, self.input, int(value) if self.whole else round(value, 2))


class Origin(msgspec.Struct, frozen=True):
    """Where the number that an input gets is written, or what picture it is the size of.

    `value`: what the input gets now. `written`: the widget that decides it, None where no widget does.
    `picture`: then the link that brings the picture whose size it is: a node that scales must go behind it.
    `reaches`: the other inputs that get a number from the same widget, each as (node, input).
    """

    value: float
    written: Written | None = None
    picture: Link | None = None
    reaches: tuple[tuple[str, str], ...] = ()


def origin(case: Case, node_id: str, name: str) -> Origin | None:
    """Where the number that an input gets is written; None where it is no number, or nobody writes it.

    Behind arithmetic or a choice that is the widget which changes it when it changes, and of several the one
    that reaches least beside sizes (a duration before a frame rate), then the nearest.
    """
    value = number(case, case.graph, node_id, name)
    if value is None:
        return None
    own = case.graph.nodes[node_id].inputs.get(name)
    if not isinstance(own, Link):
        return Origin(value, written(case.graph.nodes[node_id], name)) if is_number(own) else None

    def measure(graph: Graph) -> float | None:
        return number(case, graph, node_id, name)

    found = [one for one in upstream(case.graph, [own.node]) if moves(case, one, measure, value)]
    if not found:
        return pictured(case, own, value)
    best = min(found, key=lambda one: len(strange(case.graph, one)))
    reached = [end for end in ends(case.graph, best) if end != (node_id, name)]
    return Origin(value, best, reaches=tuple(reached))


def number(case: Case, graph: Graph, node_id: str, name: str) -> float | None:
    """The number that an input gets in a graph; None for anything else."""
    own = graph.nodes[node_id].inputs.get(name)
    if isinstance(own, Link):
        found = before(graph, case.library, own.node).outputs[own.node]
        own = found[own.slot] if own.slot < len(found) else None
    return own if is_number(own) else None


def is_number(value: object) -> bool:
    """Whether a value is a number, a truth being none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < MOST


def moves(case: Case, one: Written, measure: Measure, value: float) -> bool:
    """Whether half of a written number gives another measure."""
    found = measure(apply(case.graph, [one.becoming(one.half)]))
    return found is not None and found != value


def written(node: Node, name: str) -> Written:
    """The number in a widget."""
    value, real = node.inputs[name], facts.table("sizes")["real"]
    whole = value == int(value) and name not in real["names"] and node.class_type not in real["classes"]
    return Written(node.id, name, value, whole)


def upstream(graph: Graph, begin: list[str]) -> Iterator[Written]:
    """The numbers that are written in these nodes and in those before them, the nearest first."""
    limits = facts.table("sizes")["written"]
    waiting, seen, tries = deque(begin), set(begin), limits["tries"]
    while waiting and len(seen) <= limits["nodes"]:
        node = graph.nodes[waiting.popleft()]
        for name, value in node.inputs.items():
            if isinstance(value, Link):
                if value.node not in seen:
                    seen.add(value.node)
                    waiting.append(value.node)
            elif name in names("written") and is_number(value) and value > 0 and tries:
                tries -= 1
                yield written(node, name)


def ends(graph: Graph, one: Written) -> list[tuple[str, str]]:
    """The inputs that a written number comes to, through nodes that hand numbers on."""
    found, waiting, seen = list[tuple[str, str]](), [one.node], {one.node}
    if graph.nodes[one.node].class_type not in through():
        return []
    while waiting:
        for node, name in graph.users_of(waiting.pop()):
            if node.class_type not in through():
                found.append((node.id, name))
            elif node.id not in seen:
                seen.add(node.id)
                waiting.append(node.id)
    return found


def strange(graph: Graph, one: Written) -> list[tuple[str, str]]:
    """Those of them that are no size."""
    return [end for end in ends(graph, one) if end[1] not in names("sides") | names("written")]


def pictured(case: Case, link: Link, value: float) -> Origin | None:
    """The origin of a number that is the size of a picture which nothing scales; None for any other."""
    state = before(case.graph, case.library, link.node)
    waiting, seen = deque([link.node]), {link.node}
    while waiting:
        node = case.graph.nodes[waiting.popleft()]
        for name, one in node.links().items():
            if isinstance(state.value(node, name), Image):
                return Origin(value, picture=root(state, one))
            if one.node not in seen:
                seen.add(one.node)
                waiting.append(one.node)
    return None


def root(state: State, link: Link) -> Link:
    """The first picture on the way to one: it is made by a node that is given none itself."""
    while True:
        node = state.graph.nodes[link.node]
        made_of = [one for name, one in node.links().items() if isinstance(state.value(node, name), Image)]
        if not made_of:
            return link
        link = made_of[0]


@cache
def names(table: str) -> frozenset[str]:
    """The names of a table of `data/sizes.toml`."""
    return frozenset(facts.table("sizes")[table]["names"])


@cache
def through() -> frozenset[str]:
    """The node types that hand a number on."""
    return frozenset(facts.table("sizes")["through"]["classes"])
