"""Writes data/nodes/hosted.toml: rules of the nodes that hosted services do the work for.

`python tools/hosted_nodes.py COMFYUI TEMPLATES`: reads class names and outputs in its comfy_api_nodes, and
those of newer ones in the official templates: types that this ComfyUI lacks, in templates named `api_...` and
in none that runs local models.
"""

from __future__ import annotations

import ast
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

OUT = Path(__file__).resolve().parent.parent / "data" / "nodes" / "hosted.toml"
HEAD = """\
# Nodes whose work a hosted service does: they need no card. What comes back is as large as the service makes
# it, which nothing in the workflow says: a usual size is assumed. Written by tools/hosted_nodes.py.
source = "ComfyUI 0.33.0 comfy_api_nodes/ (the class names and outputs of its schemas)"
checked = "2026-11-22"
"""
ACTS = {"Image": "image", "Mask": "image", "Video": "video", "Audio": "audio"}  # rows of data/assumed.toml
GIVES = {
    "Image": "image",
    "Mask": "sized(image, channels=1)",
    "Video": "video",
    "Audio": "audio",
}
CORE = OUT.with_name("core.json")
NEWER = "slots as official templates 0.1.123 save them"
OTHER = "unknowable('a hosted service makes it')"


def main(comfyui: Path, templates: Path) -> None:
    """Write the table for the nodes of one ComfyUI, and the newer ones of the templates."""
    own = [found for tree in trees(comfyui) for found in nodes(tree)]
    described = {name for name, _ in own} | set(json.loads(CORE.read_text(encoding="utf-8"))["nodes"])
    newer = [(name, outputs) for name, outputs in saved(templates) if name not in described]
    OUT.write_text(HEAD + rules(own) + rules(newer, NEWER), encoding="utf-8")
    print(f"{OUT}: {len(own)} node types, {len(newer)} newer ones")


def rules(found: list[tuple[str, tuple[str, ...]]], source: str = "") -> str:
    """A row for all node types that are alike."""
    alike: dict[str, list[str]] = defaultdict(list)
    for name, outputs in found:
        alike[rule(outputs)].append(name)
    last = f'source = "{source}"\n' if source else ""
    return "".join(
        f"\n[[rule]]\nclasses = {listed(sorted(set(names)))}\n{body}{last}"
        for body, names in sorted(alike.items())
    )


def trees(comfyui: Path) -> Iterator[ast.Module]:
    """Each file of hosted nodes."""
    for path in sorted((comfyui / "comfy_api_nodes").glob("nodes_*.py")):
        yield ast.parse(path.read_text(encoding="utf-8"))


def saved(templates: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The node types of templates for hosted services alone, each with the kinds of its outputs."""
    index = json.loads((templates / "index.json").read_text(encoding="utf-8"))
    local = {one["name"] for group in index for one in group["templates"] if one.get("openSource")}
    files = {path.stem: drawn(path) for path in sorted(templates.glob("*.json"))}
    known = {one["type"] for name in local & set(files) for one in files[name]}
    for one in (one for name, each in files.items() if name.startswith("api_") for one in each):
        if one["type"] not in known and one["type"].replace("_", "").isalnum():
            known.add(one["type"])
            yield one["type"], tuple(str(output["type"]).title() for output in one.get("outputs") or [])


def drawn(path: Path) -> list[dict[str, Any]]:
    """The nodes of a saved workflow, those of its subgraphs among them, the subgraphs themselves not."""
    found = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(found, dict):
        return []
    inner = found.get("definitions", {}).get("subgraphs", [])
    every = [one for sheet in (found, *inner) for one in sheet.get("nodes", [])]
    return [one for one in every if one["type"] not in {sheet["id"] for sheet in inner}]


def nodes(tree: ast.Module) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The node types of one file, each with the kinds of its outputs."""
    for schema in ast.walk(tree):
        if isinstance(schema, ast.Call) and named(schema.func) == "Schema":
            given = {one.arg: one.value for one in schema.keywords}
            outputs = given.get("outputs")
            kinds = tuple(map(kind, outputs.elts)) if isinstance(outputs, ast.List) else ()
            for name in names(given["node_id"], tree):
                yield name, kinds


def names(given: ast.expr, tree: ast.Module) -> list[str]:
    """What a schema is called; one that several classes share has the names that these give."""
    if isinstance(given, ast.Constant):
        return [str(given.value)]
    wanted = named(given)
    own = (one for one in ast.walk(tree) if isinstance(one, ast.Assign) and named(one.targets[0]) == wanted)
    return [str(one.value.value) for one in own if isinstance(one.value, ast.Constant)]


def kind(output: ast.expr) -> str:
    """The kind of an output: of `IO.Image.Output(...)` it is `Image`."""
    maker = output.func if isinstance(output, ast.Call) else output
    return named(maker.value) if isinstance(maker, ast.Attribute) else "Other"


def named(given: ast.expr) -> str:
    """The last name of an attribute, or a plain name."""
    return given.attr if isinstance(given, ast.Attribute) else given.id if isinstance(given, ast.Name) else ""


def rule(outputs: tuple[str, ...]) -> str:
    """What a row says of types with such outputs."""
    wanted = list(dict.fromkeys(ACTS[one] for one in outputs if one in ACTS))
    acts = ", ".join(f'{{ does = "assume", what = "{one}", into = "{one}" }}' for one in wanted)
    lines = [f"acts = [{acts}]"] if wanted else []
    lines += [f"gives = {listed([GIVES.get(one, OTHER) for one in outputs])}"] if outputs else []
    return "".join(f"{line}\n" for line in lines)


def listed(texts: list[str]) -> str:
    """A list of texts in TOML."""
    return "[" + ", ".join(f'"{one}"' for one in texts) + "]"


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
