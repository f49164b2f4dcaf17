"""The steps of a prompt's first run and of the next, and what their results take in RAM."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

from ..workflow.graph import Graph
from ..workflow.lifetime import Cache, Held, Life, Runs, held, lives
from ..workflow.order import outputs_of
from ..workflow.values import Step, Workload


class Plan:
    """What runs when, with results kept by `cache`; where the graph is not known, all of it in each run."""

    def __init__(self, workload: Workload, cache: Cache) -> None:
        """Works out the first run."""
        self.steps, self.cache = workload.steps, cache
        self.sizes: Counter[str] = Counter()
        for step in workload.steps:
            self.sizes[step.node] += step.output
        self.runs: Runs | None = None
        self.lives: dict[str, Life] = {}
        if workload.graph and workload.order:
            self.runs, self.lives = begin(workload.graph, workload.order, cache)

    def first(self) -> tuple[Step, ...]:
        """The steps of the first run: none for a node that is like one that has run."""
        return in_order(self.steps, self.runs.first) if self.runs else self.steps

    def next(self, lost: Collection[str] = ()) -> tuple[Step, ...]:
        """The steps of the next run, where the results of `lost` are gone."""
        return in_order(self.steps, self.runs.next(lost)) if self.runs else self.steps

    def hold(self, room: int) -> Held:
        """What the results take at most, where `room` bytes are free for them, and which are given up."""
        if not self.runs:
            return Held(sum(self.sizes.values()), frozenset())
        found = held(self.lives, self.sizes, self.cache, room)
        if self.cache.kind != "lru":
            return found
        older = self.runs.piled(self.cache.size) * sum(self.sizes[one] for one in self.runs.next())
        return Held(found.peak + older, found.lost)


def begin(graph: Graph, ran: Collection[str], cache: Cache) -> tuple[Runs, dict[str, Life]]:
    """The runs of those nodes of a graph that do run, and the lives of their results in the first."""
    does = set(ran)
    unused = {
        key: {name for name, link in graph.nodes[key].links().items() if link.node not in does}
        for key in graph.nodes
    }
    outputs = [key for key in outputs_of(graph) if key in does]
    runs = Runs(graph, cache, outputs or list(ran)[-1:], unused)
    return runs, lives(graph, runs.first, cache, unused, runs.before)


def in_order(steps: Iterable[Step], nodes: Collection[str]) -> tuple[Step, ...]:
    """The steps of these nodes, in their order."""
    place = {node: number for number, node in enumerate(nodes)}
    return tuple(sorted((step for step in steps if step.node in place), key=lambda step: place[step.node]))
