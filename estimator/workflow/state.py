"""The state of lowering: each node's outputs, steps and loads, filled in as nodes are visited."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import prod
from typing import Any

import msgspec

from ..models.library import Library
from .definitions import definition
from .expressions import evaluate
from .graph import Graph, Link
from .graph import Node as GraphNode
from .signature import Signer
from .values import Loaded, Many, Node, Step, Unknown, Value
from .writing import Unknowable

SIDES = ("batch", "count", "frames", "height", "width", "samples")
NOT_REAL = "a side of it is not positive, or it is beyond all machines"
MOST = 1 << 50  # cells or pixels: more than any machine holds
LARGEST = 1 << 31  # ComfyUI's own widgets end far below; infinity and no number at all end here too


class State:
    """What is known so far of a graph's nodes."""

    def __init__(self, graph: Graph, library: Library) -> None:
        """No node has been visited."""
        self.graph, self.library = graph, library
        self.users: dict[str, list[tuple[GraphNode, str]]] = {}
        for node in graph.nodes.values():
            for name, link in node.links().items():
                self.users.setdefault(link.node, []).append((node, name))
        self.outputs: dict[str, tuple[Value, ...]] = {}
        self.steps: dict[str, list[Step]] = {}
        self.loaded: dict[str, list[Loaded]] = {}
        self.unknown: dict[str, Node] = {}
        self.assumed: dict[str, Node] = {}
        self.missing: dict[str, list[str]] = {}
        self.unused: dict[str, set[str]] = {}
        self.signer = Signer(graph)
        self.twins = twins(self.signer)
        self.taken: dict[str, dict[str, None]] = {}  # per component, what takes it from the dynamic manager
        self.swaps: set[str] = set()  # components of which their pack swaps blocks
        self.by_key: dict[str, Loaded] = {}

    def value(self, node: GraphNode, name: str) -> Value:
        """The value of an input: what its link brings, its widget, its default, or None."""
        if name not in node.inputs:
            return default(node.class_type, name)
        given = node.inputs[name]
        if not isinstance(given, Link):
            return plain(given)
        found = self.outputs.get(given.node, ())
        return found[given.slot] if given.slot < len(found) else Unknown(given.node, "gives no such output")

    def component(self, key: str) -> Loaded:
        """One load by its key."""
        return self.by_key[key]

    def load(self, node: GraphNode, loads: list[Loaded]) -> None:
        """Note what a node loads."""
        self.loaded.setdefault(node.id, []).extend(loads)
        self.by_key |= {one.key: one for one in loads}

    def take(self, components: Iterable[str], *ways: str) -> None:
        """Note what takes components from the dynamic manager; an empty word is nothing."""
        for key in components:
            self.taken.setdefault(key, {}).update(dict.fromkeys(filter(None, ways)))

    def add(self, node: GraphNode, **fields: Any) -> None:
        """A step of this node; one whose shape has no inside is of unknown size."""
        if fields.get("shape") and not is_real(fields["shape"]):
            fields |= {"shape": None, "unknown": NOT_REAL}
        step = Step(node=node.id, class_type=node.class_type, title=node.title or node.class_type, **fields)
        self.steps.setdefault(node.id, []).append(step)

    def assume(self, node: GraphNode, what: str) -> None:
        """Note what is taken for granted of a node."""
        self.assumed[node.id] = Node(node.id, node.class_type, what)


def twins(signer: Signer) -> dict[str, str]:
    """For each node the first that ComfyUI's cache takes for the same, most often itself."""
    first, signatures = dict[int, str](), signer.sign()
    return {node_id: first.setdefault(signatures[node_id], node_id) for node_id in signer.order}


class Here(Mapping[str, Any]):
    """One node at work: its inputs by name, and what its rule has bound so far.

    As a mapping it is what formulas see: looking up what is unknown raises `NotKnown`.
    """

    def __init__(self, state: State, node: GraphNode, given: dict[str, Value] | None = None) -> None:
        """`given`: inputs that stand for what the node's links bring."""
        self.state, self.node = state, node
        self.bound: dict[str, Value] = dict(given or {})

    def look(self, name: str) -> Value:
        """What a name stands for, Unknown and None included."""
        return self.bound[name] if name in self.bound else self.state.value(self.node, name)

    def value(self, formula: str) -> Value:
        """The value of a formula; Unknown where that cannot be worked out."""
        if formula.isidentifier():
            return self.look(formula)
        try:
            return evaluate(formula, self)
        except NotKnown as found:
            return found.unknown
        except Unknowable as reason:
            return self.unknown(str(reason))
        except (TypeError, AttributeError, ValueError, ArithmeticError, IndexError, KeyError):
            return self.unknown(f"`{formula}` cannot be worked out")

    def several(self, formulas: tuple[str, ...]) -> list[Value]:
        """The values of several formulas, tuples opened and what is not connected left out."""
        found = [self.value(one) for one in formulas]
        opened = [inner for one in found for inner in (one if isinstance(one, tuple) else (one,))]
        return [one for one in opened if one is not None]

    def number(self, formula: str) -> int | Unknown:
        """A formula's value as a whole number."""
        found = self.value(formula)
        if isinstance(found, bool) or not isinstance(found, int | float):
            return found if isinstance(found, Unknown) else self.unknown(f"`{formula}` is not a number")
        return int(found)

    def unknown(self, reason: str) -> Unknown:
        """That something of this node is not known."""
        return Unknown(self.node.id, reason)

    def like(self, value: Value) -> Unknown:
        """The unknown that a value is, or a new one for a value of the wrong kind."""
        if isinstance(value, Unknown):
            return value
        return self.unknown("an input is not connected" if value is None else "an input is of another kind")

    def numbered(self, prefix: str) -> tuple[Value, ...]:
        """All inputs that begin so (`image1`, `images.image0`), in the node's order; raises `NotKnown`."""
        names = [name for name in self.node.inputs if is_numbered(name, prefix)]
        return tuple(self.known(name) for name in names)

    def grouped(self, group: str) -> dict[str, Value]:
        """The inputs of a growing group by their own names (`values.a`); raises `NotKnown`."""
        return {
            name.split(".", 1)[1]: self.known(name)
            for name in self.node.inputs
            if name.startswith(f"{group}.")
        }

    def known(self, name: str) -> Value:
        """What a name stands for; raises `NotKnown` where that is unknown."""
        found = self.look(name)
        if isinstance(found, Unknown):
            raise NotKnown(found)
        return Text(found) if isinstance(found, str) else found

    def __getitem__(self, name: str) -> Any:
        """A name in a formula; `__input`, `__numbered`, `__grouped`, `__linked` look inputs up by text."""
        special = {
            "__input": self.known,
            "__numbered": self.numbered,
            "__grouped": self.grouped,
            "__linked": self.linked,
        }
        if name in special:
            return special[name]
        if name.startswith("__"):  # a function of `functions.py`, which the formula finds by itself
            raise KeyError(name)
        return self.known(name)

    def linked(self, name: str) -> bool:
        """Whether an input is connected, or has a value that is not empty."""
        given = self.node.inputs.get(name)
        return isinstance(given, Link) or bool(given)

    def __iter__(self) -> Iterator[str]:
        """The names of the node's inputs."""
        return iter(self.node.inputs)

    def __len__(self) -> int:
        """How many inputs the node has."""
        return len(self.node.inputs)


class NotKnown(Exception):
    """A formula met a value that is not known."""

    def __init__(self, unknown: Unknown) -> None:
        """`unknown`: the value."""
        super().__init__(unknown.reason)
        self.unknown = unknown


class Text(str):
    """A text in a formula: it cannot be multiplied, since a workflow may choose both factors."""

    __mul__ = __rmul__ = __mod__ = None  # type: ignore[assignment]


def is_numbered(name: str, prefix: str) -> bool:
    """Whether an input is one of a growing group: the prefix, and behind it a number or a name."""
    rest = name.removeprefix(prefix)
    return name.startswith(prefix) and (rest.isdigit() or rest.startswith("."))


def is_real(value: Value) -> bool:
    """Whether a latent, an image or a shape has something in it, and no more than some machine holds."""
    if isinstance(value, Many):
        return all(map(is_real, value.items))
    if not isinstance(value, msgspec.Struct):
        return True
    given = [getattr(value, side, 1) for side in SIDES]
    return min(given) > 0 and prod(given) < MOST


def plain(value: Value) -> Value:
    """A widget's value; a list as the frontend wraps it is opened, a number beyond all widgets is none."""
    if isinstance(value, dict) and "__value__" in value:
        value = value["__value__"]
    if isinstance(value, int | float) and not isinstance(value, bool) and not abs(value) < LARGEST:
        return Unknown("", "a number is out of range")
    return value


def default(class_type: str, name: str) -> Value:
    """An input's default by the node definitions, None where it has none."""
    group, _, inner = name.rpartition(".")
    for row in (definition(class_type) or {}).get("inputs", ()):
        if row["name"] == name:
            return row.get("default")
        if row["name"] == group:  # of what a dynamic combo's choice adds
            found = (one for rows in row.get("options", {}).values() for one in rows if one["name"] == inner)
            return next((one.get("default") for one in found), None)
    return None
