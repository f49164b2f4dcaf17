"""Writes data/nodes/hosted.toml: rules of the nodes that hosted services do the work for.

`python tools/hosted_nodes.py COMFYUI`: reads class names and outputs in its comfy_api_nodes.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

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
OTHER = "unknowable('a hosted service makes it')"


def main(comfyui: Path) -> None:
    """Write the table for the nodes of one ComfyUI."""
    alike: dict[str, list[str]] = defaultdict(list)
    for path in sorted((comfyui / "comfy_api_nodes").glob("nodes_*.py")):
        for name, outputs in nodes(ast.parse(path.read_text(encoding="utf-8"))):
            alike[rule(outputs)].append(name)
    rows = "".join(
        f"\n[[rule]]\nclasses = {listed(sorted(set(names)))}\n{body}" for body, names in sorted(alike.items())
    )
    OUT.write_text(HEAD + rows, encoding="utf-8")
    print(f"{OUT}: {sum(map(len, alike.values()))} node types")


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
    main(Path(sys.argv[1]))
