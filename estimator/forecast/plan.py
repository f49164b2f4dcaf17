"""The steps of a prompt's first run and of the next, and what their results take in RAM."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ..workflow.graph import Graph
from ..workflow.lifetime import Cache, Held, Runs, held, lives
from ..workflow.order import outputs_of
from ..workflow.repeat import always
from ..workflow.signature import Signer
from ..workflow.values import Step, Workload


class Plan:
    """What runs when, with results kept by `cache`; where the graph is not known, all of it in each run."""

    def __init__(self, workload: Workload, cache: Cache) -> None:
        """Works out the first run."""
        self.whole, self.cache = workload.steps, cache
        self.steps: dict[str, list[Step]] = {}
        for step in workload.steps:
            self.steps.setdefault(step.node, []).append(step)
        self.runs: Runs | None = None
        if workload.graph and workload.order:
            self.graph, self.unused = workload.graph, unused(workload.graph, workload.order)
            runs = set(workload.order)
            outputs = [key for key in outputs_of(workload.graph) if key in runs] or workload.order[-1:]
            self.runs = Runs(
                self.graph, cache, outputs, self.unused, visited=workload.order, signer=workload.signer
            )
            self.share()

    def share(self) -> None:
        """Give the steps of a node to those that are like it: they are known for one of them."""
        alike = (self.runs and self.runs.before) or Signer(self.graph).sign(always(self.graph))
        known = {alike[node]: steps for node, steps in self.steps.items()}
        self.steps = {node: known[number] for node, number in alike.items() if number in known} | self.steps

    def first(self) -> tuple[Step, ...]:
        """The steps of the first run: of nodes that are alike, those of one."""
        return self.of(self.runs.first) if self.runs else self.whole

    def next(self, lost: Collection[str] = ()) -> tuple[Step, ...]:
        """The steps of the next run, where the results of `lost` are gone."""
        return self.of(self.runs.next(lost)) if self.runs else self.whole

    def course(self) -> tuple[tuple[str, int], ...]:
        """The nodes of the first run, loaders and all, with how many steps each has."""
        if self.runs is None:
            return tuple((step.node, 1) for step in self.whole)
        return tuple((node, len(self.steps.get(node, ()))) for node in self.runs.first)

    def of(self, nodes: Iterable[str]) -> tuple[Step, ...]:
        """The steps of these nodes, in their order."""
        return tuple(step for node in nodes for step in self.steps.get(node, ()))

    def hold(self, room: int) -> Held:
        """What the results take at most, where `room` bytes are free for them, and which are given up."""
        if not self.runs:
            return Held(sum(step.output for step in self.whole), frozenset())
        sizes = {node: sum(step.output for step in steps) for node, steps in self.steps.items()}
        known = lives(self.graph, self.runs.first, self.cache, self.unused, self.runs.before)
        found = held(known, sizes, self.cache, room)
        if self.cache.kind != "lru":
            return found
        older = self.runs.piled(self.cache.size) * sum(sizes.get(one, 0) for one in self.runs.next())
        return Held(found.peak + older, found.lost, {one: size + older for one, size in found.at.items()})


def unused(graph: Graph, ran: Collection[str]) -> dict[str, set[str]]:
    """The inputs of each node that come from nodes which do not run."""
    does = set(ran)
    return {
        key: {name for name, link in node.links().items() if link.node not in does}
        for key, node in graph.nodes.items()
    }
