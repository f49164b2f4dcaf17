"""Writes data/nodes/core.json: a node type's inputs, widgets and outputs, from a server's /object_info.

`python tools/node_table.py OBJECT_INFO.json [OUT.json]`, and for the nodes of one pack alone
`python tools/node_table.py OBJECT_INFO.json --pack vhs --module custom_nodes.ComfyUI-VideoHelperSuite
--source "Kosinkadink/ComfyUI-VideoHelperSuite 4ee72c06"`, which writes data/nodes/packs/vhs.json; how the
frontend makes widgets of them is in data/frontend.toml.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

DATA = Path(__file__).resolve().parent.parent / "data"
FRONTEND = tomllib.loads((DATA / "frontend.toml").read_text(encoding="utf-8"))
WIDGETS: dict[str, dict[str, Any]] = FRONTEND["widgets"]
OUT = DATA / "nodes" / "core.json"
SOURCE = (
    "GET /object_info of ComfyUI 0.33.0 (commit 2f35f4a0) with city96/ComfyUI-GGUF 795e451, 22 Nov 2026, "
    "by tools/node_table.py and data/frontend.toml"
)
KEYS = (
    "inputs in the frontend's order; widget: has a value in `widgets_values`; after, end: places there that "
    "are never sent; forced: a socket that old versions showed as a widget; grows: a group of sockets, more "
    "as they are used; choices: {a|b} in its text is resolved; options: the inputs that each choice of a "
    "dynamic combo adds; lazy: fetched only when the node asks for it; rest: any number of text widgets so "
    "named"
)


def main(info: Path, out: Path = OUT, module: str = "", source: str = SOURCE) -> None:
    """Turn the definitions in `info`, or those of one Python `module`, into the table `out`, one a line."""
    definitions = json.loads(info.read_text(encoding="utf-8"))
    chosen = {name: one for name, one in definitions.items() if module in ("", one.get("python_module"))}
    lines = [f"{dump(name)}:{dump(node(name, one))}" for name, one in sorted(chosen.items())]
    head = f'{{"source":{dump(source)},\n"keys":{dump(KEYS)},\n"nodes":{{\n'
    out.write_text(head + ",\n".join(lines) + "\n}}\n", encoding="utf-8")
    print(f"{out}: {len(lines)} node types, {out.stat().st_size} bytes")


def dump(value: Any) -> str:
    """JSON with no spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def node(name: str, definition: dict[str, Any]) -> dict[str, Any]:
    """One node type's row."""
    rows = [item for spec in ordered(definition) for item in [row(*spec)]]
    for extra in FRONTEND["types"].get(name, ()):
        at = [one["name"] for one in rows].index(extra["after"]) + 1 if "after" in extra else len(rows)
        rows.insert(at, {key: value for key, value in extra.items() if key != "after"} | {"widget": True})
    found: dict[str, Any] = {"inputs": rows, "outputs": [type_of(one) for one in definition["output"]]}
    end = {place: None for _, spec in ordered(definition) for place in places(spec, "end")}
    found |= {"end": list(end)} if end else {}
    found |= {"rest": FRONTEND["rest"][name]} if name in FRONTEND["rest"] else {}
    return found | ({"output_node": True} if definition["output_node"] else {})


def ordered(definition: dict[str, Any]) -> list[tuple[str, list[Any]]]:
    """An input's name and definition, the required ones first, in the order that the definition asks for."""
    found = []
    for section in ("required", "optional"):
        given = definition["input"].get(section) or {}
        names = (definition.get("input_order") or {}).get(section) or given
        found += [(name, given[name]) for name in dict.fromkeys([*names, *given])]
    return found


def row(name: str, spec: list[Any], under: str = "") -> dict[str, Any]:
    """One input: its name, its type, and whatever else a widget needs."""
    options = facts(spec)
    found: dict[str, Any] = {"name": name, "type": type_of(spec[0], options)}
    found |= {"lazy": True} if options.get("lazy") else {}
    kind = options.get("widgetType", type_of(spec[0]))
    if kind not in WIDGETS:
        return found | ({"grows": True} if kind in FRONTEND["grows"] else {})
    if options.get("forceInput"):
        return found | {"forced": True}
    return found | {"widget": True} | value(kind, spec) | details(under + name, kind, spec)


def facts(spec: list[Any]) -> dict[str, Any]:
    """The options of an input's definition."""
    return spec[1] if len(spec) > 1 and spec[1] else {}


def type_of(given: Any, options: dict[str, Any] | None = None) -> str:
    """A type's name: lists of choices are COMBO, and a type that follows its links is those it allows."""
    if given == "COMFY_MATCHTYPE_V3":
        return str((options or {}).get("template", {}).get("allowed_types", "*"))
    return given if isinstance(given, str) else "COMBO"


def value(kind: str, spec: list[Any]) -> dict[str, Any]:
    """A widget's first value; where that is a file or folder of this server it is not told."""
    options = facts(spec)
    if kind == "COMFY_DYNAMICCOMBO_V3":
        return {"default": options["options"][0]["key"]}
    listed = spec[0] if isinstance(spec[0], list) else options.get("options") or []
    if kind == "COMBO" and not (options.get("default") or names_files(listed)):
        return {"default": listed[0]}
    given = options.get("default", WIDGETS[kind].get("default"))
    return {} if given is None or (kind == "COMBO" and not given) or is_local(given) else {"default": given}


def is_local(given: Any) -> bool:
    """Whether a default is a folder of this server."""
    return isinstance(given, str) and len(given) > 1 and given.startswith("/")


def names_files(listed: list[Any]) -> bool:
    """Whether a list of choices is what lies in a folder."""
    return not listed or any(Path(str(one)).suffix.strip(".0123456789") for one in listed)


def details(name: str, kind: str, spec: list[Any]) -> dict[str, Any]:
    """What only some widgets have."""
    options, found = facts(spec), {}
    control = options.get("control_after_generate", kind == "INT" and name in FRONTEND["control"]["names"])
    after = [FRONTEND["control"]["place"]] if control else []
    after += [*WIDGETS[kind].get("after", ()), *places(spec, "after")]
    if after:
        found["after"] = after
    if options.get("dynamicPrompts"):
        found["choices"] = True
    if "tag" in WIDGETS[kind]:
        found["tag"] = WIDGETS[kind]["tag"]
    if kind == "COMFY_DYNAMICCOMBO_V3":
        found["options"] = {one["key"]: branch(one["inputs"]) for one in options["options"]}
    return found


def places(spec: list[Any], where: str) -> list[str]:
    """The places that an input's options add, `after` it or at the `end`."""
    options = facts(spec) | (facts(spec).get("remote") or {})
    if type_of(spec[0]) != "COMBO":
        return []
    return [one for key, add in FRONTEND["options"].items() if options.get(key) for one in add.get(where, ())]


def branch(inputs: dict[str, Any]) -> list[dict[str, Any]]:
    """The inputs that one choice of a dynamic combo adds, named under it by the frontend."""
    return [row(name, spec, under=".") for name, spec in ordered({"input": inputs})]


def command() -> None:
    """Read the command line and write the table that it asks for."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    asked.add_argument("info", type=Path)
    asked.add_argument("out", type=Path, nargs="?", default=OUT)
    asked.add_argument("--pack", help="write data/nodes/packs/PACK.json")
    asked.add_argument("--module", default="", help="the nodes of this python_module only")
    asked.add_argument("--source", default=SOURCE, help="repository and commit of the pack")
    given = asked.parse_args()
    out = OUT.parent / "packs" / f"{given.pack}.json" if given.pack else given.out
    main(given.info, out, given.module, given.source)


if __name__ == "__main__":
    command()
