"""A saved workflow that is being changed: its sheets, where a node of the flat graph lies, and new ids."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from ...errors import InputError
from ..ui import Workflow, nested, parse, whole
from ..unique import renames
from .follow import Loaded
from .sheet import Json, Sheet, place


class Drawing:
    """A workflow's document, which is changed in place, and which of its sheets were."""

    def __init__(self, document: Json) -> None:
        """`document`: a workflow as it was saved, whose node ids are unique (`settled`)."""
        self.document = document
        self.sheets = {"": Sheet(document)} | {
            str(one.get("id")): Sheet(one, str(one.get("id"))) for one in nested(document)
        }
        self.changed: set[str] = set()
        self.promoted: dict[str, list[str]] = {}

    def find(self, key: str) -> tuple[Sheet, Json]:
        """The sheet and the node that a node of the flat graph is, by its id there; both may be changed.

        Raises `InputError` for one that the document has not as a node of its own.
        """
        *hosts, last = key.split(":")
        sheet = self.sheet_of(hosts)
        node = sheet.node(last) if sheet else None
        if sheet is None or node is None:
            raise InputError("it lies in a group node", where=f"node {key}", do=UNGROUP)
        self.changed.add(sheet.id)
        return sheet, node

    def sheet_of(self, hosts: list[str]) -> Sheet | None:
        """The sheet behind some hosts, the outermost first; None where one of them is none."""
        sheet: Sheet | None = self.sheets[""]
        for host in hosts:
            node = sheet.node(host) if sheet else None
            sheet = self.sheets.get(str(node["type"])) if node else None
        return sheet

    def hosts(self, sheet_id: str) -> list[tuple[Sheet, Json]]:
        """Every node that stands for a subgraph, with the sheet it is on."""
        return [
            (sheet, node)
            for sheet in self.sheets.values()
            for node in sheet.nodes
            if sheet_id and str(node.get("type")) == sheet_id
        ]

    @cached_property
    def uses(self) -> dict[str, int]:
        """How often each sheet stands in the workflow, also where it is muted."""
        found = {"": 1}

        def count(sheet_id: str) -> int:
            if sheet_id not in found:
                found[sheet_id] = sum(count(sheet.id) for sheet, _ in self.hosts(sheet_id))
            return found[sheet_id]

        return {sheet_id: count(sheet_id) for sheet_id in self.sheets}

    def shown(self, sheet_id: str, loaded: Loaded) -> list[str]:
        """The inputs of a subgraph that its hosts have a value for, in order; to be kept up by the caller."""
        if sheet_id not in self.promoted:
            board = loaded.assembled[1][sheet_id]
            self.promoted[sheet_id] = [port.name for port in board.inputs if board.promoted(port)]
        return self.promoted[sheet_id]

    def new_node(self, sheet: Sheet) -> int:
        """A node id that was never used."""
        used = [whole(str(node.get("id"))) or 0 for one in self.sheets.values() for node in one.nodes]
        return self.next(sheet, ("lastNodeId", "last_node_id"), used)

    def new_link(self, sheet: Sheet) -> int:
        """A link id that was never used."""
        used = [whole(str(wire.id)) or 0 for one in self.sheets.values() for wire in one.wires()]
        return self.next(sheet, ("lastLinkId", "last_link_id"), used)

    def next(self, sheet: Sheet, names: tuple[str, str], used: list[int]) -> int:
        """One more than the highest of some ids, and than the documents says: which it then says."""
        counters = [counter for one in self.sheets.values() for counter in counters_of(one, names)]
        number = 1 + max([*used, *(held[name] for held, name in counters)], default=0)
        own = {id(held) for one in (self.sheets[""], sheet) for held, _ in counters_of(one, names)}
        for held, name in counters:
            if id(held) in own:
                held[name] = number
        return number


UNGROUP = "Load the workflow in ComfyUI, which makes subgraphs of group nodes, and save it."


def counters_of(sheet: Sheet, names: tuple[str, str]) -> list[tuple[Json, str]]:
    """Where a sheet tells the highest id, in either version."""
    state = sheet.given.get("state")
    found = [(held, name) for held, name in ((state, names[0]), (sheet.given, names[1]))]
    return [
        (held, name) for held, name in found if isinstance(held, dict) and isinstance(held.get(name), int)
    ]


def settled(document: Json) -> Workflow:
    """Write the ids that the frontend gives to nodes whose id another one has (unique.py) into a document."""
    workflow = parse(document)
    names, _ = renames(workflow)
    if not any(names.values()):
        return workflow
    drawing = Drawing(document)
    for sheet_id, new in names.items():
        sheet = drawing.sheets[sheet_id]
        for node in sheet.nodes:
            if str(node["id"]) in new:
                node["id"] = int(new[str(node["id"])])
        for link in filter(None, sheet.links):
            for end in ("origin_id", "target_id"):
                where = place(link, end)
                link[where] = int(new[str(link[where])]) if str(link[where]) in new else link[where]
        for _, host in drawing.hosts(sheet_id):
            rename_promoted(host, new)
    return parse(document)


def rename_promoted(host: Json, new: dict[str, str]) -> None:
    """Let a host's promoted widgets follow the nodes inside."""
    properties = host.get("properties")
    entries: Any = properties.get("proxyWidgets") if isinstance(properties, dict) else None
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, list) and entry:
            entry[0] = new.get(str(entry[0]), entry[0])
