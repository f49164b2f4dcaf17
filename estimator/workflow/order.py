"""The order in which ComfyUI runs a prompt's nodes, and only those that its output nodes need.

It puts the outputs and all that they need on a list, and takes of those that are ready an output or one
that waits for a service first, then one that an output waits for, then one that is a step further from one,
and the first on the list among equals (comfy_execution/graph.py, the same in 0.3.75 and 0.33.0). The outputs
themselves come out of a set there, so their order differs from start to start: here it is the prompt's.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from heapq import heappop, heappush

import msgspec

from .. import facts
from .definitions import Definitions, definition, live
from .graph import Graph, cycle
from .signature import Signer

FIRST, BEFORE_OUTPUT, TWO_BEFORE, LAST = range(4)  # how soon a node that is ready is taken
NOTHING: Mapping[str, Collection[str]] = {}


class Traits(msgspec.Struct, frozen=True):
    """What the order asks of a node type. `output`: None for a type that no table knows."""

    output: bool | None
    waits: bool = False
    lazy: frozenset[str] = frozenset()


def traits(class_type: str) -> Traits:
    """The traits of a node type, by the definitions that hold now."""
    return _traits(class_type, live())


@lru_cache(maxsize=4096)
def _traits(class_type: str, definitions: Definitions | None) -> Traits:
    """The traits of a node type by a server's definitions, or by the shipped ones."""
    row, waits, output = (
        definition(class_type),
        class_type in remote("asynchronous"),
        class_type in remote("outputs"),
    )
    if row is None:
        return Traits(output if output or waits else None, waits)
    lazy = frozenset(one["name"] for one in row["inputs"] if one.get("lazy"))
    return Traits(output or bool(row.get("output_node")), waits, lazy)


@cache
def remote(kind: str) -> frozenset[str]:
    """The node types that call a service and are of one kind: `outputs`, or `asynchronous`."""
    return frozenset(facts.table("execution")["order"][kind])


def outputs_of(graph: Graph) -> list[str]:
    """The nodes that run for their own sake, in the prompt's order; where there is none, all end nodes.

    Of types that no table knows, those are taken to be such that nothing takes from.
    """
    used = {link.node for node in graph.nodes.values() for link in node.links().values()}
    ends = [key for key in graph.nodes if key not in used]
    unknown = set(ends)
    kinds = {key: traits(node.class_type).output for key, node in graph.nodes.items()}
    found = [key for key, output in kinds.items() if (key in unknown if output is None else output)]
    return found or ends


def order(
    graph: Graph,
    outputs: Sequence[str] = (),
    unused: Mapping[str, Collection[str]] = NOTHING,
    signatures: Mapping[str, Hashable] | None = None,
    kept: Collection[Hashable] = (),
) -> list[str]:
    """Ids of the nodes that run, as ComfyUI takes them, those too whose result turns out to be there.

    `outputs`: the output nodes that are asked for (all); `unused`: inputs of each node that it never asks
    for; `signatures`: equal for nodes that are alike (worked out; none for a ComfyUI that keeps no results);
    `kept`: those whose results are there from a run before.
    Raises `InputError` naming the nodes where some feed each other.
    """
    known: Mapping[str, Hashable] = Signer(graph).sign() if signatures is None else signatures
    return Run(graph, unused, known, kept).all(outputs or outputs_of(graph))


class Run:
    """One run of a prompt: what is on the list, what waits for what, and what is ready."""

    def __init__(
        self,
        graph: Graph,
        unused: Mapping[str, Collection[str]],
        signatures: Mapping[str, Hashable],
        kept: Collection[Hashable],
    ) -> None:
        """Nothing is on the list."""
        self.graph, self.unused = graph, unused
        self.signatures, self.made = signatures, set(kept)
        self.traits = {key: traits(node.class_type) for key, node in graph.nodes.items()}
        self.place: dict[str, int] = {}  # on the list, in the order of their arrival
        self.open: dict[str, int] = {}  # how many nodes each waits for
        self.users: dict[str, dict[str, None]] = {}  # the nodes that wait for each
        self.needs: dict[str, list[str]] = {}
        self.rank: dict[str, int] = {}
        self.asked: set[str] = set()  # nodes that have asked for their lazy inputs
        self.feeds_output: set[str] = set()
        self.ready: list[tuple[int, int, str]] = []
        self.done: dict[str, None] = {}

    def all(self, outputs: Iterable[str]) -> list[str]:
        """The run from beginning to end."""
        for node_id in outputs:
            self.add(node_id)
        while self.ready:
            rank, _, node_id = heappop(self.ready)
            stale = node_id in self.done or self.open[node_id] or rank != self.rank[node_id]
            if not stale and not self.ask(node_id):
                self.finish(node_id)
        left = self.place.keys() - self.done.keys()
        if left:
            raise cycle({one: left.intersection(self.needs[one]) for one in left})
        return list(self.done)

    def finish(self, node_id: str) -> None:
        """A node has run: those that wait for nothing else can be taken."""
        self.done[node_id] = None
        if node_id in self.signatures:
            self.made.add(self.signatures[node_id])
        for user in self.users[node_id]:
            self.open[user] -= 1
            self.offer(user)

    def add(self, node_id: str) -> None:
        """Put a node and all that it needs on the list, in the order of ComfyUI's own walk."""
        stack, links, new = [node_id], [], []
        while stack:
            one = stack.pop()
            if one in self.place:
                continue
            self.enter(one)
            new.append(one)
            node = self.graph.nodes[one]
            skipped = self.traits[one].lazy.union(self.unused.get(one, ()))
            for name, link in node.links().items():
                if name not in skipped:
                    links.append((link.node, one))
                    stack += [] if self.there(link.node) else [link.node]
        for source, user in links:
            self.join(source, user)
        for one in new:
            self.offer(one)

    def enter(self, node_id: str) -> None:
        """A node's own entries; outputs, and what waits for a service, come first."""
        kind = self.traits[node_id]
        self.place[node_id], self.open[node_id] = len(self.place), 0
        self.users[node_id], self.needs[node_id] = {}, []
        self.rank[node_id] = FIRST if kind.output or kind.waits else LAST

    def join(self, source: str, user: str) -> None:
        """Make `user` wait for `source`, unless its result is there."""
        if self.there(source) or user in self.users[source]:
            return
        self.users[source][user] = None
        self.needs[user].append(source)
        self.open[user] += 1
        if self.traits[user].output:
            self.before_output(source)
        elif user in self.feeds_output:
            self.raise_to(source, TWO_BEFORE)

    def before_output(self, node_id: str) -> None:
        """Note that an output waits for a node, which raises those that it waits for too."""
        if node_id not in self.feeds_output:
            self.feeds_output.add(node_id)
            self.raise_to(node_id, BEFORE_OUTPUT)
            for one in self.needs[node_id]:
                self.raise_to(one, TWO_BEFORE)

    def there(self, node_id: str) -> bool:
        """Whether a node's result is there: it has run, or one like it has."""
        return node_id in self.done or self.signatures.get(node_id) in self.made

    def raise_to(self, node_id: str, rank: int) -> None:
        """Take a node sooner than its rank was."""
        if rank < self.rank[node_id]:
            self.rank[node_id] = rank
            self.offer(node_id)

    def offer(self, node_id: str) -> None:
        """Let a node be taken if it waits for nothing; a stale entry of it is passed over."""
        if not self.open[node_id]:
            heappush(self.ready, (self.rank[node_id], self.place[node_id], node_id))

    def ask(self, node_id: str) -> bool:
        """Let a node ask for its lazy inputs, once; whether it did, and so takes its turn again."""
        lazy = self.traits[node_id].lazy
        if not lazy or node_id in self.asked:
            return False
        wanted = lazy.difference(self.unused.get(node_id, ()))
        links = [link.node for name, link in self.graph.nodes[node_id].links().items() if name in wanted]
        if not links:
            return False
        self.asked.add(node_id)
        for source in links:
            if not self.there(source):
                self.add(source)
                self.join(source, node_id)
        self.offer(node_id)
        return True
