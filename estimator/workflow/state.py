"""The state of lowering: each node's outputs, steps and loads, filled in as nodes are visited."""

from __future__ import annotations

from typing import Any

import msgspec

from .. import facts
from ..models.library import Library
from .graph import Graph, Link
from .graph import Node as GraphNode
from .values import Loaded, Node, Step, Unknown, Value

LARGEST = 1 << 31  # ComfyUI's own widgets end far below; infinity and no number at all end here too


class Load(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file that an input names, and the roles that a loader takes from it."""

    folder: str
    input: str
    roles: tuple[str, ...]


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row of `data/nodes/rules.toml`: the verb, and the names of the inputs that it reads."""

    classes: tuple[str, ...]
    does: str
    gives: tuple[str, ...] = ()
    loads: tuple[Load, ...] = ()
    texts: tuple[str, ...] = ()
    dtype: str = ""
    device: str = ""
    spatial: int = 1
    temporal: int = 1
    tile: str = ""
    temporal_tile: str = ""


class State:
    """What is known so far of a graph's nodes."""

    def __init__(self, graph: Graph, library: Library) -> None:
        """No node has been visited."""
        self.graph, self.library = graph, library
        self.outputs: dict[str, tuple[Value, ...]] = {}
        self.steps: dict[str, list[Step]] = {}
        self.loaded: dict[str, list[Loaded]] = {}
        self.unknown: dict[str, Node] = {}
        self.missing: dict[str, list[str]] = {}
        self.unused: dict[str, set[str]] = {}
        self.first: dict[str, str] = {}  # the first loader of each signature

    def value(self, node: GraphNode, name: str) -> Value:
        """The value of an input: what its link brings, its widget, or its default."""
        if name not in node.inputs:
            return default(node.class_type, name, node.id)
        given = node.inputs[name]
        if not isinstance(given, Link):
            return given
        found = self.outputs.get(given.node, ())
        return found[given.slot] if given.slot < len(found) else Unknown(given.node, "gives no such output")

    def number(self, node: GraphNode, name: str) -> float | Unknown:
        """The value of an input that must be a number, of a size that computers work with."""
        value = self.value(node, name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return value if isinstance(value, Unknown) else Unknown(node.id, f"`{name}` is not a number")
        return value if abs(value) < LARGEST else Unknown(node.id, f"`{name}` is out of range")

    def all_loaded(self) -> dict[str, Loaded]:
        """Every load so far, by its key."""
        return {load.key: load for loads in self.loaded.values() for load in loads}

    def component(self, key: str) -> Loaded:
        """One load by its key."""
        return self.all_loaded()[key]

    def add(self, node: GraphNode, **fields: Any) -> None:
        """A step of this node; one whose shape has no inside is of unknown size."""
        if fields.get("shape") and not is_real(fields["shape"]):
            fields |= {"shape": None, "unknown": "a side of it is not positive"}
        step = Step(node=node.id, class_type=node.class_type, title=node.title or node.class_type, **fields)
        self.steps.setdefault(node.id, []).append(step)


def is_real(value: Value) -> bool:
    """Whether a latent, an image or a shape has something in it; any other value is real."""
    sides = ("batch", "count", "frames", "height", "width")
    return all(getattr(value, side, 1) > 0 for side in sides if isinstance(value, msgspec.Struct))


def default(class_type: str, name: str, node: str) -> Value:
    """An input's default by the node definitions."""
    rows = facts.table("nodes/core")["nodes"]
    for row in rows.get(class_type, {}).get("inputs", ()):
        if row["name"] == name and "default" in row:
            return row["default"]
    return Unknown(node, f"`{name}` is not connected")
