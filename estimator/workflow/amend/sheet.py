"""One sheet of a saved workflow, changed where it lies: its nodes, and links in either version's form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..definitions import definition
from ..ui import Wire, layout

Json = dict[str, Any]
FIELDS = Wire.__struct_fields__


class Sheet:
    """A sheet of nodes as it is in the document: the outermost (with no id) or a subgraph's definition."""

    def __init__(self, given: Json, sheet_id: str = "") -> None:
        """`given` is changed by what follows."""
        self.given, self.id = given, sheet_id
        links = given.get("links") or []
        rows = any(isinstance(one, list) for one in links)
        self.rows = rows or not (links or sheet_id or isinstance(given.get("state"), dict))

    @property
    def nodes(self) -> list[Json]:
        """Its nodes."""
        return listed(self.given, "nodes")

    @property
    def links(self) -> list[Any]:
        """Its links, each a list or an object."""
        return listed(self.given, "links")

    def node(self, node_id: Any) -> Json | None:
        """The node of that id."""
        return next((one for one in self.nodes if str(one["id"]) == str(node_id)), None)

    def wire(self, link_id: Any) -> Wire | None:
        """The link of that id."""
        return next((one for one in self.wires() if str(one.id) == str(link_id)), None)

    def wires(self) -> Iterator[Wire]:
        """Its links in one form."""
        for link in self.links:
            if link:
                yield Wire(*(at(link, name) for name in FIELDS))

    def connect(self, link_id: int, origin: tuple[Any, int], target: tuple[Any, int], kind: Any) -> None:
        """A new link from an output to an input, in place of what ended there; the subgraph's own ports are
        those of the nodes -10 and -20."""
        end = self.slot(target, "inputs")
        if end.get("link") is not None and "linkIds" not in end:
            self.cut(end["link"])
        list_of(self.given, "links").append(
            [link_id, *origin, *target, kind]
            if self.rows
            else dict(zip((*FIELDS, "type"), (link_id, *origin, *target, kind), strict=True))
        )
        join(self.slot(origin, "outputs"), link_id)
        join(end, link_id, one=True)

    def cut(self, link_id: Any) -> None:
        """Take a link away, and every mention of it."""
        same = str(link_id)
        self.given["links"] = [one for one in self.links if not one or str(at(one, "id")) != same]
        for node in self.nodes:
            for slot in node.get("inputs") or ():
                if str(slot.get("link")) == same:
                    slot["link"] = None
            for slot in node.get("outputs") or ():
                without(slot, "links", same)
        for port in (*self.ports("inputs"), *self.ports("outputs")):
            without(port, "linkIds", same)
        extra = self.given.get("extra") or {}
        for reroute in (*(self.given.get("reroutes") or ()), *(extra.get("reroutes") or ())):
            without(reroute, "linkIds", same)
        if isinstance(extra.get("linkExtensions"), list):
            extra["linkExtensions"] = [one for one in extra["linkExtensions"] if str(one.get("id")) != same]

    def move(self, link_id: Any, **ends: Any) -> None:
        """Change what a link says of its ends, or its type."""
        for link in self.links:
            if link and str(at(link, "id")) == str(link_id):
                for name, value in ends.items():
                    link[place(link, name)] = value

    def ports(self, side: str) -> list[Json]:
        """A subgraph's own `inputs` or `outputs`; the outermost sheet has none."""
        return listed(self.given, side) if self.id else []

    def slot(self, end: tuple[Any, int], side: str) -> Json:
        """The input or output that a link may end at, made where the node was saved without it."""
        node_id, number = end
        if str(node_id) in (layout().subgraph_input, layout().subgraph_output):
            own = "inputs" if str(node_id) == layout().subgraph_input else "outputs"
            port: Json = self.ports(own)[number]
            return port
        node = self.node(node_id)
        if node is None:
            raise KeyError(node_id)
        slots = list_of(node, side)
        kinds = (definition(node["type"]) or {"outputs": []})["outputs"]
        for place in range(len(slots), number + 1):
            kind = kinds[place] if place < len(kinds) else "*"
            slots.append({"name": kind, "type": kind, "links": []})
        found: Json = slots[number]
        return found


def listed(given: Json, key: str) -> list[Any]:
    """The list under a key; an empty one where there is none, which is not kept."""
    found = given.get(key)
    return found if isinstance(found, list) else []


def list_of(given: Json, key: str) -> list[Any]:
    """The list under a key, made where it is missing."""
    if not isinstance(given.get(key), list):
        given[key] = []
    found: list[Any] = given[key]
    return found


def place(link: Any, name: str) -> Any:
    """Where a link of either form has an end, its id or its type."""
    return (*FIELDS, "type").index(name) if isinstance(link, list) else name


def at(link: Any, name: str) -> Any:
    """What a link of either form says."""
    return link[place(link, name)]


def join(slot: Json, link_id: Any, one: bool = False) -> None:
    """Let a slot, or a port of a subgraph, know a link."""
    if "linkIds" in slot:
        slot["linkIds"] = [*(slot["linkIds"] or ()), link_id]
    elif one:
        slot["link"] = link_id
    else:
        slot["links"] = [*(slot.get("links") or ()), link_id]


def without(slot: Json, key: str, link_id: str) -> None:
    """Let a slot forget a link."""
    held = slot.get(key)
    if isinstance(held, list) and any(str(one) == link_id for one in held):
        slot[key] = [one for one in held if str(one) != link_id]
