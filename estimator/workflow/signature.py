"""Which nodes ComfyUI takes for the same: its cache knows a result by what it was made of.

That is the node's type, its values, and the same of all nodes before it, lazy inputs too; not its id
(comfy_execution/caching.py:84-147, the same in 0.3.75 and 0.33.0). Of nodes that are alike the first runs.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property
from typing import Any

from .graph import Graph, Link, Node

STEPS = (
    1_000_000  # how far in all the nodes before others are walked; a hostile graph is compared in less depth
)


class Signer:
    """Signatures of one graph's nodes, in as many runs as wanted; equal numbers are equal signatures."""

    def __init__(self, graph: Graph) -> None:
        """Raises `InputError` where nodes feed each other."""
        self.graph, self.order = graph, graph.order()
        self.alike: dict[tuple[Any, ...], list[tuple[str, int]]] = {}
        self.count, self.steps = 0, STEPS
        self.ways: dict[str, tuple[int, ...]] = {}
        self.inputs = {key: in_order(node) for key, node in graph.nodes.items()}
        self.links = {
            key: [one.node for _, one in inputs if isinstance(one, Link)]
            for key, inputs in self.inputs.items()
        }

    @cached_property
    def plain(self) -> dict[str, int]:
        """The signatures where no node is another than it was."""
        return self.sign_anew(())

    def sign(self, fresh: Collection[str] = ()) -> dict[str, int]:
        """A signature for each node; those of `fresh`, and what depends on them, get new ones."""
        return self.sign_anew(fresh) if fresh else self.plain

    def sign_anew(self, fresh: Collection[str]) -> dict[str, int]:
        """The same, worked out in each call."""
        found: dict[str, int] = {}
        for node_id in self.order:
            key = self.key(self.graph.nodes[node_id], found)
            found[node_id] = self.new() if node_id in fresh else self.number(node_id, key)
        return found

    def key(self, node: Node, found: dict[str, int]) -> tuple[Any, ...]:
        """A node's type and inputs, those that are links by the signatures of their origins."""
        inputs = [
            (name, found[one.node], one.slot) if isinstance(one, Link) else (name, one)
            for name, one in self.inputs[node.id]
        ]
        return (node.class_type, *inputs)

    def number(self, node_id: str, key: tuple[Any, ...]) -> int:
        """The number of a node's signature: that of an earlier node that came about in the same way."""
        earlier = self.alike.setdefault(key, [])
        for other, number in earlier:
            if other == node_id or self.joins_alike(other, node_id):
                return number
        earlier.append((node_id, self.new()))
        return self.count

    def new(self) -> int:
        """A number that no signature has yet."""
        self.count += 1
        return self.count

    def joins_alike(self, one: str, other: str) -> bool:
        """Whether the links before two nodes with equal inputs run together in the same way.

        They do where they come from the same nodes, and where nothing joins.
        """
        mine, others = self.origins(one), self.origins(other)
        return mine == others or len(mine) == 1 or self.way(one) == self.way(other)

    def way(self, node_id: str) -> tuple[int, ...]:
        """How the links before a node run together: each link's origin, numbered as first met.

        One node that feeds two inputs and two equal nodes that feed one each make different signatures.
        """
        if node_id not in self.ways:
            self.ways[node_id] = tuple(self.walk(node_id))
        return self.ways[node_id]

    def walk(self, node_id: str) -> list[int]:
        """The numbers of `way`, depth first."""
        met: dict[str, int] = {}
        passed: list[int] = []
        stack = [iter(self.origins(node_id))]
        while stack and self.steps:
            self.steps -= 1
            one = next(stack[-1], None)
            if one is None:
                stack.pop()
                continue
            if one not in met:
                stack.append(iter(self.origins(one)))
            passed.append(met.setdefault(one, len(met)))
        return passed

    def origins(self, node_id: str) -> list[str]:
        """The nodes that a node's inputs come from, by the names of the inputs."""
        return self.links[node_id]


def in_order(node: Node) -> list[tuple[str, Link | str]]:
    """A node's inputs by name: links, and other values in letters."""
    return [
        (name, value if isinstance(value, Link) else text(value))
        for name, value in sorted(node.inputs.items(), key=lambda item: item[0])
    ]


def text(value: Any) -> str:
    """A value in letters: equal for equal values."""
    try:
        return repr(value)
    except (RecursionError, ValueError):  # nested too deep, or a number of too many digits
        return f"at {id(value)}"
