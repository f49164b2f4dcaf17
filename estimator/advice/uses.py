"""Which model files a workflow uses, and the inputs of nodes that name them."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ..workflow.acts.load import File, Load
from ..workflow.edits import Edit
from ..workflow.graph import Node
from ..workflow.rules import rules
from ..workflow.values import Loaded
from .case import Case


class Use(msgspec.Struct, frozen=True):
    """A file that a workflow loads: the nodes and inputs that name it, and what is taken from it."""

    folder: str
    file: str
    inputs: tuple[tuple[Node, str], ...]
    loads: tuple[Loaded, ...]

    @property
    def loaders(self) -> tuple[Node, ...]:
        """The nodes that load it, each once."""
        return tuple({node.id: node for node, _ in self.inputs}.values())

    def of(self, role: str) -> Loaded | None:
        """What is taken from it for a role, if anything is and its header is understood."""
        return next((one for one in self.loads if one.role == role and one.component), None)

    def named(self, file: str) -> tuple[Edit, ...]:
        """The edits that make every node load another file instead."""
        return tuple(Edit("set", node.id, name, file) for node, name in self.inputs)


def uses(case: Case, *roles: str) -> tuple[Use, ...]:
    """The files that nodes which run load, in their order; of several roles alone where some are named."""
    found: dict[tuple[str, str], list[tuple[Node, str]]] = {}
    loads: dict[tuple[str, str], dict[str, Loaded]] = {}
    own = by_node(case)
    for key in case.workload.order:
        node = case.graph.nodes[key]
        for file in files(node):
            name = file_of(node, file, own)
            if name:
                found.setdefault((file.folder, name), []).append((node, file.name))
                given = {one.key: one for one in own.get(key, ()) if one.file == name}
                loads.setdefault((file.folder, name), {}).update(given)
    known = [Use(*key, tuple(inputs), tuple(loads[key].values())) for key, inputs in found.items()]
    return tuple(one for one in known if not roles or any(map(one.of, roles)))


def by_node(case: Case) -> dict[str, list[Loaded]]:
    """What each node loads."""
    found: dict[str, list[Loaded]] = {}
    for one in case.loaded.values():
        found.setdefault(one.node, []).append(one)
    return found


def files(node: Node) -> Iterator[File]:
    """The files that a node loads by its rule, where an input of its own names them."""
    rule = rules().get(node.class_type)
    for act in rule.acts if rule else ():
        if isinstance(act, Load):
            yield from (file for file in act.files if file.name in node.inputs)


def file_of(node: Node, file: File, loads: dict[str, list[Loaded]]) -> str:
    """The file that an input names, also where its name comes over a link; empty where it is not known."""
    value = node.inputs[file.name]
    if isinstance(value, str):
        return value
    names = {one.file for one in loads.get(node.id, ()) if one.role in file.roles}
    return names.pop() if len(names) == 1 else ""
