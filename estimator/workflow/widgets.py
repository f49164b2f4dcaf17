"""Widget values by name: which place of `widgets_values` belongs to which input."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec

from .definitions import definition
from .made import made
from .named import named
from .ui import Saved, layout

EXACT = 1 << 53  # beyond it not every whole number is one of JavaScript's
LARGEST = 1 << 1023  # beyond it a floating-point number may be infinite


class Widget(msgspec.Struct, frozen=True):
    """One widget of a node: its value (`UNSET`: none known), and how it is sent to the server.

    sent: whether it is sent at all; choices: `{a|b}` in its text is resolved first; tag: the type that a list
    of this kind is sent with.
    """

    value: Any = msgspec.UNSET
    sent: bool = True
    choices: bool = False
    tag: str = ""

    def sendable(self) -> Any:
        """The value as the prompt has it: a list is wrapped, so that it is not taken for a link."""
        if self.choices and isinstance(self.value, str):
            return resolve(self.value)
        if isinstance(self.value, list):
            return ({"__type__": self.tag} if self.tag else {}) | {"__value__": self.value}
        return as_in_javascript(self.value)


def as_in_javascript(value: Any) -> Any:
    """A value, or for a whole number too large for JavaScript the one that it has instead."""
    if type(value) is not int or abs(value) <= EXACT:
        return value
    return int(Decimal(repr(float(value)))) if abs(value) < LARGEST else value


def read_widgets(node: Saved) -> dict[str, Widget]:
    """A node's widgets in order, with the values it was saved with."""
    row = definition(node.type)
    if row is None:
        return unknown(node)
    saved, by_names = node.widgets_values, named(node)
    if by_names is not None:
        return by_name(row["inputs"], by_names)
    places = iter(without_forced(row, saved) if isinstance(saved, list) else [])
    found = dict(fill(row["inputs"], places))
    found |= {name: Widget(value) for name, value in made(node).items()}
    if "rest" in row:
        found |= {f"{row['rest']}{number}": Widget(value) for number, value in enumerate(places, 1)}
    return found


def fill(rows: list[dict[str, Any]], places: Iterator[Any], under: str = "") -> Iterator[tuple[str, Widget]]:
    """Names and widgets, each taking the next place; what a dynamic combo's choice adds comes after it."""
    for row in rows:
        if not row.get("widget"):
            continue
        name = under + row["name"]
        widget = make(row, next(places, msgspec.UNSET))
        yield name, widget
        for extra in row.get("after", ()):
            yield extra, Widget(next(places, msgspec.UNSET), sent=False)
        yield from fill(row.get("options", {}).get(str(widget.value), []), places, f"{name}.")


def make(row: dict[str, Any], value: Any) -> Widget:
    """The widget of one input; a combo that was saved without a value has its first one."""
    if value is msgspec.UNSET or (value is None and row["type"] in layout().combos):
        value = row.get("default", value)
    return Widget(value, choices=row.get("choices", False), tag=row.get("tag", ""))


def by_name(rows: list[dict[str, Any]], saved: dict[str, Any], under: str = "") -> dict[str, Widget]:
    """The widgets of a node that saved its values by name."""
    found: dict[str, Widget] = {}
    for row in rows:
        if row.get("widget"):
            name = under + row["name"]
            found[name] = make(row, saved.get(name, msgspec.UNSET))
            found |= by_name(row.get("options", {}).get(str(found[name].value), []), saved, f"{name}.")
    return found


def without_forced(row: dict[str, Any], saved: list[Any]) -> list[Any]:
    """Saved values less those of inputs that were widgets once and are sockets now, where they are there."""
    if not any(one.get("forced") for one in row["inputs"]):
        return saved
    forced = [one.get("forced", False) for one in row["inputs"] for _ in range(places_of(one))]
    forced += [False] * len(row.get("end", ()))
    if len(forced) != len(saved):
        return saved
    return [value for value, gone in zip(saved, forced, strict=True) if not gone]


def places_of(row: dict[str, Any]) -> int:
    """How many places an input has in `widgets_values`, dynamic combos by themselves."""
    return int(row.get("widget", row.get("forced", False))) * (1 + len(row.get("after", ())))


def unknown(node: Saved) -> dict[str, Widget]:
    """The widgets of a node of a type that we do not know, as far as its own slots name them.

    Values and names are paired only where they come out even, control widgets left out: a wrong pair would be
    worse than none. The others are `UNKNOWN`, `UNKNOWN_1` and so on, as the frontend names them.
    """
    saved = node.widgets_values
    if isinstance(saved, dict):
        return {str(name): Widget(value) for name, value in saved.items()}
    values = saved if isinstance(saved, list) else []
    names = [slot.widget.name for slot in node.inputs or () if slot.widget]
    telling = [one for one in values if not is_control(one)]
    if len(names) == len(telling):
        return {name: Widget(value) for name, value in zip(names, telling, strict=True)}
    unnamed = ["UNKNOWN", *(f"UNKNOWN_{number}" for number in range(1, len(values)))]
    return dict.fromkeys(names, Widget()) | dict(zip(unnamed, map(Widget, values), strict=False))


def is_control(value: Any) -> bool:
    """Whether a value is that of a widget which says what happens to a seed after each run."""
    return isinstance(value, str) and value in layout().control_values


def resolve(text: str) -> str:
    """A text as it is sent: no comments, and of each `{a|b}` the first (the frontend takes one at random)."""
    found: list[str] = []
    choice: list[int] = []  # for each open brace, which of its options we are in
    unseen = 0  # how many of those are not the first
    for part in re.findall(r"\\.|.", uncommented(text), re.DOTALL):
        if part == "{":
            choice.append(0)
        elif part == "}" and choice:
            unseen -= bool(choice.pop())
        elif part == "|" and choice:
            unseen += not choice[-1]
            choice[-1] += 1
        elif not unseen:
            found.append(part[1:] if part in ("\\{", "\\}", "\\|") else part)
    return "".join(found)


def uncommented(text: str) -> str:
    """A text without comments of either kind; one search a comment, whatever is left open."""
    kept, at = [], 0
    while mark := re.compile(r"//.*|/\*").search(text, at):
        end = mark.end() if mark[0] != "/*" else text.find("*/", mark.end()) + 2
        if end < 2:
            break
        kept.append(text[at : mark.start()])
        at = end
    return "".join(kept) + re.sub("//.*", "", text[at:])
