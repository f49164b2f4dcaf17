"""The flat graph that ComfyUI executes: nodes, and the links between them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from heapq import heapify, heappop, heappush
from typing import Any

import msgspec

from ..errors import InputError


class Link(msgspec.Struct, frozen=True):
    """An input that takes output number `slot` of another node."""

    node: str
    slot: int


class Node(msgspec.Struct, frozen=True, dict=True):
    """One call of a node class: its `inputs` are links, or values as the API prompt has them.

    `after`: what its control widget does to its seed after each run (`randomize`), empty where it has none;
    None where that was not saved, as in an API prompt.
    """

    id: str
    class_type: str
    inputs: dict[str, Any]
    title: str = ""
    after: str | None = None

    def links(self) -> dict[str, Link]:
        """The inputs that are links."""
        return self._links

    @cached_property
    def _links(self) -> dict[str, Link]:
        """The same, worked out once: every walk through a graph asks for them."""
        return {name: value for name, value in self.inputs.items() if isinstance(value, Link)}


class Graph(msgspec.Struct, frozen=True):
    """Nodes by their ids, which the frontend makes of host and inner node: `57:28`."""

    nodes: dict[str, Node]

    def prompt(self) -> dict[str, Any]:
        """The API prompt: `{"57:28": {"class_type", "inputs"}}`, links as `[id, slot]`."""
        return {
            node.id: {
                "class_type": node.class_type,
                "inputs": {
                    name: [value.node, value.slot] if isinstance(value, Link) else value
                    for name, value in node.inputs.items()
                },
            }
            for node in self.nodes.values()
        }

    def of_type(self, *class_types: str) -> list[Node]:
        """The nodes of these classes, in the prompt's order."""
        return [node for node in self.nodes.values() if node.class_type in class_types]

    def users_of(self, node_id: str) -> list[tuple[Node, str]]:
        """The nodes that take an output of `node_id`, each with the input that does."""
        return [
            (node, name)
            for node in self.nodes.values()
            for name, link in node.links().items()
            if link.node == node_id
        ]

    def only(self, outputs: Sequence[str]) -> Graph:
        """The graph that ComfyUI runs when just these nodes are asked for: they and what they need.

        Raises `InputError` for an id that no node has.
        """
        kept: set[str] = set()
        pending = list(outputs)
        while pending:
            node_id = pending.pop()
            if node_id not in self.nodes:
                raise InputError(f"no node is called `{node_id}`", where="outputs", do=self.ends())
            if node_id not in kept:
                kept.add(node_id)
                pending += [link.node for link in self.nodes[node_id].links().values()]
        return Graph({node_id: node for node_id, node in self.nodes.items() if node_id in kept})

    def ends(self) -> str:
        """The nodes that no other one uses, in a line."""
        used = {link.node for node in self.nodes.values() for link in node.links().values()}
        found = [f"{node.id} ({node.class_type})" for node in self.nodes.values() if node.id not in used]
        return f"The workflow ends in {', '.join(found[:9])}{' and others' * (len(found) > 9)}."

    def order(self) -> list[str]:
        """Node ids, dependencies first and otherwise as the prompt has them.

        Raises `InputError` naming the nodes where they feed each other.
        """
        needs = {node.id: {link.node for link in node.links().values()} for node in self.nodes.values()}
        place = {node_id: number for number, node_id in enumerate(needs)}
        users: dict[str, list[str]] = {node_id: [] for node_id in needs}
        for node_id, wanted in needs.items():
            for one in wanted:
                users[one].append(node_id)
        open_needs = {node_id: len(wanted) for node_id, wanted in needs.items()}
        ready = [(place[node_id], node_id) for node_id, count in open_needs.items() if not count]
        heapify(ready)
        done: list[str] = []
        while ready:
            done.append(heappop(ready)[1])
            for user in users[done[-1]]:
                open_needs[user] -= 1
                if not open_needs[user]:
                    heappush(ready, (place[user], user))
        if len(done) < len(needs):
            raise cycle(needs)
        return done


def cycle(needs: dict[str, set[str]]) -> InputError:
    """The error that names one cycle of a graph that has some."""
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as found:
        names = [str(one) for one in found.args[1]]
        shown = " > ".join(names[:9] + ["..."] * (len(names) > 9))
        return InputError("nodes feed each other in a circle", where=f"node {shown}", do="Remove one link.")
    raise ValueError("the graph has no cycle")
