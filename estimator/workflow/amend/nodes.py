"""Nodes that are put in, made another class, or taken away."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from ...errors import InputError
from ..definitions import definition
from ..edits import Edit
from ..graph import Link
from ..object_info import frontend
from ..ui import Saved, convert
from ..widgets import read_widgets
from .drawing import UNGROUP, Drawing
from .follow import Loaded
from .places import carry, filled, put
from .ports import release, unlist
from .setting import brought, hosts_of
from .sheet import Json, Sheet, list_of

NAME = "Node name for S&R"
ORIGIN = ("cnr_id", "aux_id", "ver")  # of the pack that a node is from: the frontend writes them anew


def described(class_type: str) -> dict[str, Any]:
    """A node type's definition. Raises `InputError` where nobody describes it."""
    row = definition(class_type)
    if row is None:
        do = "Install its pack and ask a running ComfyUI, or give its /object_info by --object-info."
        raise InputError(f"no definition of {class_type}", do=do)
    return row


def insert(drawing: Drawing, edit: Edit, beside: str = "") -> None:
    """Put a node in, with its values and what it takes; `beside`: the node that it is drawn next to."""
    hosts, number = hosts_of(edit.node), int(edit.node.rpartition(":")[2])
    sheet = drawing.sheet_of(hosts)
    if sheet is None:
        raise InputError("it lies in a group node", where=f"node {edit.node}", do=UNGROUP)
    drawing.changed.add(sheet.id)
    row = described(edit.class_type)
    node = blank(number, edit.class_type, row)
    for name, value in edit.inputs.items():
        if not isinstance(value, Link):
            put(node, name, value)
    node["inputs"] = [slot(one) for one in drawn(row, node)]
    node["size"] = size(node)
    node["pos"] = position(sheet, node, sheet.node(beside.rpartition(":")[2]))
    list_of(sheet.given, "nodes").append(node)
    names = [one["name"] for one in node["inputs"]]
    for name, value in edit.inputs.items():
        if isinstance(value, Link):
            if name not in names:
                raise InputError(f"{edit.class_type} has no input `{name}`", where=f"node {edit.node}")
            origin, kind = brought(drawing, hosts, value)
            sheet.connect(drawing.new_link(sheet), origin, (number, names.index(name)), kind)


def blank(number: int, class_type: str, row: dict[str, Any]) -> Json:
    """A node as it is when it is new."""
    node: Json = {
        "id": number,
        "type": class_type,
        "pos": [0, 0],
        "size": [0, 0],
        "flags": {},
        "order": 0,
        "mode": 0,
        "inputs": [],
        "outputs": [{"name": kind, "type": kind, "links": []} for kind in row["outputs"]],
        "properties": {NAME: class_type},
        "widgets_values": [],
    }
    node["widgets_values"] = filled(convert(node, Saved), [])
    return node


def drawn(row: dict[str, Any], node: Json) -> list[dict[str, Any]]:
    """The inputs that a node is drawn with: sockets, then widgets."""
    own = [one for one in row["inputs"] if not one.get("grows")]
    return sorted(own, key=lambda one: "widget" in one)


def slot(one: dict[str, Any]) -> Json:
    """An input that nothing is linked to."""
    widget = {"widget": {"name": one["name"]}} if one.get("widget") else {}
    return {"name": one["name"], "type": one["type"], "link": None} | widget


def size(node: Json) -> list[int]:
    """A node's width and height as the frontend would draw it."""
    look = frontend("drawing")
    sockets = sum("widget" not in one for one in node["inputs"])
    widgets = len(node["inputs"]) - sockets
    rows = max(sockets, len(node["outputs"]), 1)
    return [look["width"], rows * look["slot"] + widgets * look["widget"] + look["margin"]]


def position(sheet: Sheet, node: Json, beside: Json | None) -> list[float]:
    """A free place to the left of another node, or else below all that is in the way."""
    title, gap = frontend("everywhere")["title_height"], frontend("drawing")["gap"]
    boxes = [box for one in sheet.nodes if (box := box_of(one))]
    start = box_of(beside) if beside else None
    x = (start[0] if start else max((one[0] + one[2] for one in boxes), default=0)) - node["size"][0] - gap
    y = start[1] if start else 0
    for _ in range(len(boxes) + 1):
        hit = [one for one in boxes if over(one, (x, y, *node["size"]), title)]
        if not hit:
            break
        y = max(one[1] + one[3] for one in hit) + title + gap
    return [x, y]


def box_of(node: Json) -> tuple[float, float, float, float] | None:
    """Where a node lies: x, y, width and height below its title; None for one that does not say."""
    found: list[float] = []
    for key in ("pos", "size"):
        given = node.get(key)
        pair = [given.get("0"), given.get("1")] if isinstance(given, dict) else given
        if not isinstance(pair, list) or len(pair) < 2:
            return None
        found += [one for one in pair[:2] if isinstance(one, int | float)]
    return (found[0], found[1], found[2], found[3]) if len(found) == 4 else None


def over(one: tuple[float, ...], other: tuple[float, ...], title: float) -> bool:
    """Whether two nodes overlap, titles and all."""
    across = one[0] < other[0] + other[2] and other[0] < one[0] + one[2]
    return across and one[1] - title < other[1] + other[3] and other[1] - title < one[1] + one[3]


def become(drawing: Drawing, loaded: Loaded, edit: Edit) -> None:
    """Make a node one of another class; values in `inputs` are those of its own widgets."""
    sheet, node = drawing.find(edit.node)
    row, old = described(edit.class_type), convert(node, Saved)
    old = replace(old, id=str(old.id))
    node["type"] = edit.class_type
    properties = dict(node.get("properties") or {})
    if edit.class_type != old.type:
        properties = {key: one for key, one in properties.items() if key not in ORIGIN}
    node["properties"] = properties
    properties[NAME] = edit.class_type
    carry(node, old, edit.drops)
    for name, value in edit.inputs.items():
        put(node, name, value)
    reshape_inputs(drawing, loaded, sheet, node, row, edit.drops)
    reshape_outputs(sheet, node, row, edit.outputs)
    unlist(
        drawing, sheet, node["id"], kept=set(read_widgets(convert(node, Saved))) - set(edit.drops), views=True
    )


def reshape_inputs(
    drawing: Drawing, loaded: Loaded, sheet: Sheet, node: Json, row: dict[str, Any], drops: tuple[str, ...]
) -> None:
    """The inputs of a node's new class; those of the same name keep their links."""
    wanted = drawn(row, node)
    names = {one["name"] for one in wanted} - set(drops)
    for gone in [one for one in list_of(node, "inputs") if one.get("name") not in names]:
        if gone.get("link") is not None:
            release(drawing, loaded, sheet, gone["link"])
    old = {one.get("name"): one for one in node["inputs"] if one.get("name") in names}
    node["inputs"] = [
        {**old.get(one["name"], {}), **slot(one), "link": old.get(one["name"], {}).get("link")}
        for one in wanted
    ]
    for number, one in enumerate(node["inputs"]):
        if one["link"] is not None:
            sheet.move(one["link"], target_slot=number)


def reshape_outputs(sheet: Sheet, node: Json, row: dict[str, Any], moved: dict[int, int]) -> None:
    """The outputs of a node's new class, with the links of those whose place they take."""
    given = list_of(node, "outputs")
    new: list[Json] = [{"name": kind, "type": kind, "links": []} for kind in row["outputs"]]
    for number, one in enumerate(given):
        to = moved.get(number, number)
        links = list(one.get("links") or ())
        if to >= len(new):
            for link in links:
                sheet.cut(link)
            continue
        same = one.get("type") == new[to]["type"]
        kept = {key: value for key, value in one.items() if same or key == "slot_index"}
        new[to] = {**new[to], **kept, "links": [*new[to]["links"], *links]}
        for link in links:
            sheet.move(link, origin_slot=to, type=new[to]["type"])
    node["outputs"] = new


def remove(drawing: Drawing, loaded: Loaded, edit: Edit) -> None:
    """Take a node away; what took its outputs takes those of nodes on its sheet that `instead` names."""
    sheet, node = drawing.find(edit.node)
    for wire in list(sheet.wires()):
        if str(wire.origin_id) == str(node["id"]):
            link = edit.instead.get(wire.origin_slot)
            sheet_link = link and hosts_of(link.node) == hosts_of(edit.node)
            if link and sheet_link:
                lead_from(drawing, sheet, wire.id, link)
            else:
                release(drawing, loaded, sheet, wire.id)
    for one in list_of(node, "inputs"):
        if one.get("link") is not None:
            release(drawing, loaded, sheet, one["link"])
    sheet.given["nodes"] = [one for one in sheet.nodes if one is not node]
    unlist(drawing, sheet, node["id"])


def lead_from(drawing: Drawing, sheet: Sheet, link_id: Any, link: Link) -> None:
    """Let a link begin at another node of its sheet."""
    origin = sheet.node(link.node.rpartition(":")[2])
    if origin is None:
        raise InputError("no such node in the workflow", where=f"node {link.node}")
    wire = sheet.wire(link_id)
    if wire is None:
        return
    old = sheet.slot((wire.origin_id, wire.origin_slot), "outputs")
    old["links"] = [one for one in old.get("links") or () if str(one) != str(link_id)]
    new = sheet.slot((origin["id"], link.slot), "outputs")
    new["links"] = [*(new.get("links") or ()), link_id]
    sheet.move(link_id, origin_id=origin["id"], origin_slot=link.slot)
