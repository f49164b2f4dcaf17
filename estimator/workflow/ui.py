"""A saved UI workflow as it lies in the file, versions 0.4 and 1: its sheets of nodes, and their wires."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from .. import facts
from ..errors import InputError

Id = int | str
T = TypeVar("T")
AGAIN = "Save it again from ComfyUI."
NUMBER = re.compile("0|[1-9][0-9]{0,8}")


class Format(msgspec.Struct, frozen=True):
    """The names and numbers that the file format gives a meaning to (data/frontend.toml)."""

    subgraph_input: str
    subgraph_output: str
    muted: int
    bypassed: int
    host_itself: str
    combos: list[str]
    group: str
    old_group: str
    reroute: str
    control_values: list[str]


class WidgetName(msgspec.Struct, frozen=True):
    """The widget that an input slot belongs to."""

    name: str


class Slot(msgspec.Struct, frozen=True):
    """An input of a node: the id of the wire that ends there, and the widget whose value it replaces."""

    name: str = ""
    type: Any = "*"
    link: Id | None = None
    widget: WidgetName | None = None
    label: Any = None


class Output(msgspec.Struct, frozen=True):
    """An output of a node, with the ids of the wires that start there."""

    type: Any = "*"
    links: list[Id] | None = None
    name: Any = ""
    label: Any = None


class Saved(msgspec.Struct, frozen=True):
    """A node as it was saved; `id` is a string once it has passed `parse`."""

    id: Id
    type: str
    mode: int | None = 0
    title: Any = None
    inputs: list[Slot] | None = None
    outputs: list[Output] | None = None
    widgets_values: Any = None
    properties: Any = None
    pos: Any = None
    size: Any = None
    color: Any = None


class Wire(msgspec.Struct, frozen=True):
    """A link as an object: in version 1, and in the subgraphs of either version."""

    id: Id
    origin_id: Id
    origin_slot: int
    target_id: Id
    target_slot: int


class WireRow(Wire, frozen=True, array_like=True):
    """A link as a list, in version 0.4; its type stands behind these."""


class Port(msgspec.Struct, frozen=True, rename={"wires": "linkIds"}):
    """An input or output of a whole subgraph, with the ids of the wires that join it inside."""

    name: str
    type: Any = "*"
    wires: list[Id] | None = None


class Frame(msgspec.Struct, frozen=True):
    """A frame drawn around nodes, which ComfyUI calls a group: its place is x, y, width, height."""

    title: Any = ""
    bounding: Any = None


class Sheet(msgspec.Struct, frozen=True):
    """One sheet of nodes: the workflow itself (its id is empty), or a subgraph's definition."""

    id: str
    nodes: dict[str, Saved]
    wires: dict[str, Wire]
    inputs: list[Port]
    outputs: list[Port]
    frames: list[Frame] = []


class Group(msgspec.Struct, frozen=True):
    """What group nodes of one type consist of: nodes, known by their numbers, and links between those.

    links: origin, its output, target, its input, the origin's old id, the type; one from outside has no
    origin. external: node, output and type of what is shown though it is used inside. config: by node, what
    the user renamed or hid.
    """

    nodes: list[Saved]
    links: list[list[Any]] = []
    external: list[list[Any]] = []
    config: dict[str, Any] = {}


class Workflow(msgspec.Struct, frozen=True):
    """The outermost sheet, every subgraph's definition by id, the highest node id ever used, and group nodes.

    groups: by the type of the nodes that stand for them.
    """

    root: Sheet
    definitions: dict[str, Sheet]
    last_id: int = 0
    groups: dict[str, Group] = {}


@cache
def layout() -> Format:
    """The format's row."""
    return msgspec.convert(facts.table("frontend")["format"], Format)


def limit(name: str) -> int:
    """How much of something a workflow may ask of us (data/frontend.toml)."""
    return int(facts.table("frontend")["limits"][name])


def parse(document: dict[str, Any]) -> Workflow:
    """The sheets of a decoded workflow file; raises `InputError` where it has not a workflow's shape."""
    root = sheet(document, "")
    definitions = [sheet(one, str(one.get("id"))) for one in nested(document)]
    return Workflow(root, {one.id: one for one in definitions}, last_id(document), groups(document))


def nested(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Every subgraph definition of a document, those within definitions too."""
    found = [document]
    for holder in found:  # grows as it goes
        held = holder.get("definitions")
        inside = held.get("subgraphs") or [] if isinstance(held, dict) else []
        if not isinstance(inside, list) or not all(isinstance(one, dict) for one in inside):
            raise InputError("`definitions.subgraphs` is not a list of subgraphs", do=AGAIN)
        found += inside
    return found[1:]


def groups(document: dict[str, Any]) -> dict[str, Group]:
    """The group nodes that a document defines, by their types; one of another shape is none."""
    extra = document.get("extra")
    given = extra.get("groupNodes") if isinstance(extra, dict) else None
    found = {}
    for name, one in given.items() if isinstance(given, dict) else ():
        nodes = one.get("nodes") if isinstance(one, dict) else None
        if isinstance(nodes, list) and all(isinstance(node, dict) for node in nodes):
            numbered = [node | {"id": number} for number, node in enumerate(nodes)]
            with contextlib.suppress(InputError):
                found[f"{layout().group}{name}"] = convert(one | {"nodes": numbered}, Group)
    return found


def last_id(document: dict[str, Any]) -> int:
    """The highest node id that the file says was ever used, in either version."""
    state = document.get("state")
    given = state.get("lastNodeId") if isinstance(state, dict) else document.get("last_node_id")
    return given if isinstance(given, int) else 0


def whole(node_id: str) -> int | None:
    """A node id as the whole number that it is, None for any other text."""
    return int(node_id) if NUMBER.fullmatch(node_id) else None


def sheet(given: dict[str, Any], sheet_id: str) -> Sheet:
    """One sheet in either version of the format."""
    links = given.get("links") or []
    old = isinstance(links, list) and any(isinstance(one, list) for one in links)
    wires: Sequence[Wire | None]
    wires = convert(links, list[WireRow | None]) if old else convert(links, list[Wire | None])
    nodes = convert(given.get("nodes") or [], list[Saved])
    return Sheet(
        id=sheet_id,
        nodes={str(node.id): replace(node, id=str(node.id)) for node in nodes},
        wires={str(wire.id): wire for wire in wires if wire},
        inputs=convert(given.get("inputs") or [], list[Port]) if sheet_id else [],
        outputs=convert(given.get("outputs") or [], list[Port]) if sheet_id else [],
        frames=frames(given),
    )


def frames(given: dict[str, Any]) -> list[Frame]:
    """The frames of a sheet, as far as they have the shape of one."""
    with contextlib.suppress(InputError):
        return convert(given.get("groups") or [], list[Frame])
    return []


def convert(given: Any, kind: type[T]) -> T:
    """`given` as a type of this module."""
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        raise InputError(f"not a workflow's shape: {error}", do=AGAIN) from None
