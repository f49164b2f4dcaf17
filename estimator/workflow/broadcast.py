"""What a node sends everywhere, and to which inputs: its type, the node's own rules, and its priority."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from .board import Board, Live
from .frames import Framed
from .object_info import frontend
from .pattern import Patterns, compiled
from .ui import Slot, Wire, layout

Fit = Callable[[str, Slot], bool]  # by a node's title and its input
Source = tuple[str, str, int, Any]  # the name it is sent under, its node, output and type


class Cast(msgspec.Struct, frozen=True):
    """Something that is sent everywhere, and where to: to all nodes or only some, and what else must fit."""

    origin: str
    slot: int
    type: Any
    to_any: bool
    priority: float
    nodes: set[str] | None
    fits: tuple[Fit, ...]

    def goes_to(self, node_id: str, title: str, slot: Slot) -> bool:
        """Whether it goes to an input, the types being right."""
        if node_id == self.origin or (self.nodes is not None and node_id not in self.nodes):
            return False
        return all(fit(title, slot) for fit in self.fits)


def properties(node: Live) -> dict[str, Any]:
    """A node's saved properties."""
    return node.saved.properties if isinstance(node.saved.properties, dict) else {}


def is_everywhere(node: Live) -> bool:
    """Whether a node is there to send things everywhere."""
    return node.type in frontend("everywhere")["types"]


def sends(node: Live) -> bool:
    """Whether a node sends things everywhere: what it takes, or, for any node told to, what it gives."""
    return is_everywhere(node) or bool(properties(node).get("ue_convert"))


def settings(node: Live) -> dict[str, Any]:
    """A node's rules as version 7 has them; before it they were properties and widgets of the node."""
    own = properties(node).get("ue_properties")
    known = own if isinstance(own, dict) else {}
    if not is_everywhere(node) or "." in str(known.get("version", "")):
        return known
    saved = node.saved.widgets_values if isinstance(node.saved.widgets_values, list) else []
    rules = dict(zip(("title_regex", "input_regex", "group_regex"), saved, strict=False))
    return rules | {name: properties(node).get(name) for name in ("group_restricted", "color_restricted")}


def casts_of(sender: Live, board: Board, frames: Framed, patterns: Patterns) -> Iterator[Cast]:
    """All that a node sends."""
    rules = settings(sender)
    if sender.type == frontend("everywhere")["seeds"] or rules.get("seed_inputs"):
        given: list[Source] = [("", sender.id, 0, "INT")]
        rules = {"input_regex": frontend("everywhere")["seed_inputs"]} | {k: v for k, v in rules.items() if v}
    else:
        given = list(
            outputs(sender, rules) if properties(sender).get("ue_convert") else inputs(sender, board)
        )
    kinds = [str(kind) for _, _, _, kind in given]
    twice = {kind for kind in kinds if kinds.count(kind) > 1}
    nodes, fits = limited(sender, rules, board, frames, patterns), by_patterns(rules, patterns)
    rank = rules.get("priority") or default_priority(sender, rules, bool(twice))
    for name, origin, slot, kind in given:
        need = (
            (by_name(rules, name, patterns),)
            if str(kind) in twice or rules.get("apply_to_unrepeated")
            else ()
        )
        live = origin == layout().subgraph_input or board.nodes[origin].active
        if live and isinstance(rank, int | float):
            yield Cast(origin, slot, kind, bool(rules.get("send_to_any")), rank, nodes, (*fits, *need))


def inputs(sender: Live, board: Board) -> Iterator[Source]:
    """What is linked to a node."""
    kind, saved = frontend("everywhere"), {slot.name for slot in sender.saved.inputs or ()}
    labels = kind["prompt_names"] if sender.type == kind["prompts"] else []
    for number, slot in enumerate(slot for slot in sender.slots if slot.name in saved):
        wire = board.wires.get(str(slot.link)) if slot.link is not None else None
        if wire and (found := upstream(board, wire)):
            yield (labels[number] if number < len(labels) else shown(slot), *found)


def outputs(sender: Live, rules: dict[str, Any]) -> Iterator[Source]:
    """What a node gives, less what its rules keep back."""
    kept = rules.get("output_not_broadcasting")
    for number, output in enumerate(sender.outputs):
        if not (isinstance(kept, dict) and kept.get(str(output.name))):
            yield str(output.label or output.name), sender.id, number, output.type


def upstream(board: Board, wire: Wire) -> tuple[str, int, Any] | None:
    """Where a wire comes from, past bypassed nodes: a node or the subgraph's inputs, an output, its type."""
    kind = type_of(board, wire)
    for _ in range(len(board.nodes) + 1):
        node = board.nodes.get(str(wire.origin_id))
        if node is None or node.mode != layout().bypassed:
            known = node is not None or str(wire.origin_id) == layout().subgraph_input
            return (str(wire.origin_id), wire.origin_slot, kind) if known else None
        slots = [slot for slot in node.slots[wire.origin_slot : wire.origin_slot + 1] if slot.type == kind]
        slots += [slot for slot in node.slots if slot.type == kind]
        above = board.wires.get(str(slots[0].link)) if slots else None
        if above is None:
            return None
        wire = above
    return None


def type_of(board: Board, wire: Wire) -> Any:
    """The type of what a wire carries, past reroutes that take anything."""
    for _ in range(len(board.nodes) + 1):
        if str(wire.origin_id) == layout().subgraph_input:
            ports = board.inputs[wire.origin_slot : wire.origin_slot + 1] if wire.origin_slot >= 0 else []
            return ports[0].type if ports else "*"
        node = board.nodes.get(str(wire.origin_id))
        given = (
            node.outputs[wire.origin_slot : wire.origin_slot + 1] if node and wire.origin_slot >= 0 else []
        )
        kind = given[0].type if given else "*"
        above = board.wires.get(str(node.slots[0].link)) if node and node.slots else None
        if kind != "*" or node is None or node.virtual != "reroute" or above is None:
            return kind
        wire = above
    return "*"


def default_priority(sender: Live, rules: dict[str, Any], twice: bool) -> float:
    """The narrower its rules are, the more what a node sends counts."""
    worth = frontend("everywhere")["priority"]
    patterns = frontend("everywhere")["patterns"]
    ruled = twice or any(isinstance(rules.get(name), str) and rules[name] for name in patterns)
    return float(
        worth["least"]
        + worth["prompts"] * (sender.type == frontend("everywhere")["prompts"])
        + worth["rule"] * ruled
        + worth["group"] * bool(rules.get("group_restricted"))
        + worth["color"] * bool(rules.get("color_restricted"))
    )


def limited(
    sender: Live, rules: dict[str, Any], board: Board, frames: Framed, patterns: Patterns
) -> set[str] | None:
    """The nodes that a node sends to, by frames and colours; None for all of them."""
    every, found = set(board.nodes), None
    if rules.get("group_restricted") in (1, 2):
        mine = set().union(*(inside for _, inside in frames if sender.id in inside))
        found = mine if rules["group_restricted"] == 1 else every - mine
    if rules.get("color_restricted") in (1, 2):
        same = {key for key, node in board.nodes.items() if node.saved.color == sender.saved.color}
        found = (every if found is None else found) & (
            same if rules["color_restricted"] == 1 else every - same
        )
    named = fitting(rules, "group", patterns)
    if named:
        chosen = set().union(*(inside for frame, inside in frames if named(str(frame.title))))
        found = chosen if found is None else found & chosen
    return found


def fitting(rules: dict[str, Any], what: str, patterns: Patterns) -> Callable[[str], bool] | None:
    """The test that a rule makes of a text; None where it allows any, as an unsound one does."""
    pattern, inverted = rules.get(f"{what}_regex"), bool(rules.get(f"{what}_regex_invert"))
    if not pattern or pattern == ".*" or compiled(str(pattern)) is None:
        return None
    return lambda text: patterns.found(str(pattern), text) != inverted


def by_patterns(rules: dict[str, Any], patterns: Patterns) -> tuple[Fit, ...]:
    """The tests of a node's title and of an input's name."""
    title, name = fitting(rules, "title", patterns), fitting(rules, "input", patterns)
    found: list[Fit] = [lambda text, _: title(text)] if title else []
    return (*found, *([lambda _, slot: name(shown(slot))] if name else []))


def shown(slot: Slot) -> str:
    """An input's name as it is shown."""
    return str(slot.label or slot.name)


def by_name(rules: dict[str, Any], name: str, patterns: Patterns) -> Fit:
    """What tells apart things of one type: the names they come under, by the rule that the node has."""
    tests: list[Fit] = [
        lambda _, slot: shown(slot) == name,
        lambda _, slot: shown(slot).startswith(name) or name.startswith(shown(slot)),
        lambda _, slot: shown(slot).endswith(name) or name.endswith(shown(slot)),
        lambda title, _: title == name,
        lambda _, slot: patterns.found(name, shown(slot)),
    ]
    rule = rules.get("repeated_type_rule") or 0
    return tests[rule] if isinstance(rule, int) and 0 <= rule < len(tests) else lambda _, __: True


def accepting(node: Live, outermost: bool) -> set[str]:
    """The widgets of a node that take what is sent: those marked, or in a file with no marks all inputs."""
    own = properties(node).get("ue_properties")
    for holder in (own, properties(node)):
        marked = holder.get("widget_ue_connectable") if isinstance(holder, dict) else None
        if isinstance(marked, dict):
            return {str(name) for name, yes in marked.items() if yes}
    return {slot.name for slot in node.saved.inputs or ()} if outermost else set()
