"""A server's description of a node type (`GET /object_info`) as a row of data/nodes/.

How the frontend makes widgets of it is in data/frontend.toml.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from .. import facts

Row = dict[str, Any]
Spec = tuple[Any, dict[str, Any]]  # an input's type, or its list of choices, and its options


def convert(class_type: str, given: Any) -> Row | None:
    """One node type's row; None where its description has not the form that servers give it."""
    try:
        return node(class_type, given)
    except (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError):
        return None


def frontend(key: str) -> Any:
    """A table of data/frontend.toml."""
    return facts.table("frontend")[key]


def node(class_type: str, given: Row) -> Row:
    """One node type's row."""
    specs = ordered(given["input"], given.get("input_order") or {})
    rows = [row(name, spec) for name, spec in specs]
    for extra in frontend("types").get(class_type, ()):
        at = [one["name"] for one in rows].index(extra["after"]) + 1 if "after" in extra else len(rows)
        rows.insert(at, {key: one for key, one in extra.items() if key != "after"} | {"widget": True})
    found: Row = {"inputs": rows, "outputs": [type_of(one) for one in given["output"]]}
    end = {place: None for _, spec in specs for place in places(spec, "end")}
    found |= {"end": list(end)} if end else {}
    found |= {"rest": frontend("rest")[class_type]} if class_type in frontend("rest") else {}
    return found | ({"output_node": True} if given.get("output_node") else {})


def ordered(sections: Row, order: Row) -> list[tuple[str, Spec]]:
    """An input's name and definition, the required ones first, in the order that the definition asks for."""
    found = []
    for section in ("required", "optional"):
        given = sections.get(section) or {}
        names = order.get(section) or given
        found += [(name, spec_of(given[name])) for name in dict.fromkeys([*names, *given])]
    return found


def spec_of(given: Any) -> Spec:
    """An input's definition, which may leave its options out."""
    options = given[1] if len(given) > 1 and isinstance(given[1], dict) else {}
    return given[0], options


def row(name: str, spec: Spec, under: str = "") -> Row:
    """One input: its name, its type, and whatever else a widget needs."""
    given, options = spec
    found: Row = {"name": name, "type": type_of(given, options)}
    found |= {"lazy": True} if options.get("lazy") else {}
    kind = options.get("widgetType", type_of(given))
    if kind not in frontend("widgets"):
        return found | ({"grows": True} if kind in frontend("grows") else {})
    if options.get("forceInput"):
        return found | {"forced": True}
    return found | {"widget": True} | first_value(kind, spec) | details(under + name, kind, spec)


def type_of(given: Any, options: Row | None = None) -> str:
    """A type's name: lists of choices are COMBO, and a type that follows its links is those it allows."""
    if given == "COMFY_MATCHTYPE_V3":
        return str((options or {}).get("template", {}).get("allowed_types", "*"))
    return given if isinstance(given, str) else "COMBO"


def first_value(kind: str, spec: Spec) -> Row:
    """A widget's first value; where that is a file or folder of this server it is not told."""
    given, options = spec
    if kind == "COMFY_DYNAMICCOMBO_V3":
        return {"default": options["options"][0]["key"]}
    listed = given if isinstance(given, list) else options.get("options") or []
    if kind == "COMBO" and not (options.get("default") or names_files(listed)):
        return {"default": listed[0]}
    default = options.get("default", frontend("widgets")[kind].get("default"))
    known = default is not None and not (kind == "COMBO" and not default) and not is_folder(default)
    return {"default": default} if known else {}


def is_folder(given: Any) -> bool:
    """Whether a default is a folder of this server."""
    return isinstance(given, str) and len(given) > 1 and given.startswith("/")


def names_files(listed: list[Any]) -> bool:
    """Whether a list of choices is what lies in a folder."""
    return not listed or any(PurePath(str(one)).suffix.strip(".0123456789") for one in listed)


def details(name: str, kind: str, spec: Spec) -> Row:
    """What only some widgets have."""
    options = spec[1]
    found: Row = {}
    control = options.get("control_after_generate", kind == "INT" and name in frontend("control")["names"])
    after = [frontend("control")["place"]] if control else []
    after += [*frontend("widgets")[kind].get("after", ()), *places(spec, "after")]
    if after:
        found["after"] = after
    if options.get("dynamicPrompts"):
        found["choices"] = True
    if "tag" in frontend("widgets")[kind]:
        found["tag"] = frontend("widgets")[kind]["tag"]
    if kind == "COMFY_DYNAMICCOMBO_V3":
        found["options"] = {one["key"]: branch(one["inputs"]) for one in options["options"]}
    return found


def places(spec: Spec, where: str) -> list[str]:
    """The places that an input's options add, `after` it or at the `end`."""
    if type_of(spec[0]) != "COMBO":
        return []
    options = spec[1] | (spec[1].get("remote") or {})
    return [one for key, add in frontend("options").items() if options.get(key) for one in add.get(where, ())]


def branch(inputs: Row) -> list[Row]:
    """The inputs that one choice of a dynamic combo adds, named under it by the frontend."""
    return [row(name, spec, under=".") for name, spec in ordered(inputs, {})]
