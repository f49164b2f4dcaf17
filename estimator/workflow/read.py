"""Any saved workflow to a flat graph: an API prompt, a UI workflow, or an image that holds either."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import msgspec

from ..errors import InputError
from .flatten import flatten
from .graph import Graph, Link, Node
from .image import SIGNATURE, texts
from .ui import limit, parse
from .unique import unique

Json = dict[str, Any]
DO = "Give a workflow saved by ComfyUI, its API export, or a PNG made by it."


def read(source: Path | bytes | Json) -> Graph:
    """The graph of a file, of the bytes of one, or of decoded JSON.

    Raises `InputError` in one line for whatever cannot be read as a workflow.
    """
    if isinstance(source, Path):
        return read_file(source)
    if isinstance(source, dict):
        return from_document(source)
    return from_image(source) if source.startswith(SIGNATURE) else from_document(decode(source))


def read_file(path: Path) -> Graph:
    """The graph of a file, which every error names."""
    try:
        if path.stat().st_size > limit("file_bytes"):
            raise InputError(f"larger than {limit('file_bytes') >> 20} MiB", do=DO)
        return read(path.read_bytes())
    except OSError as error:
        raise InputError(error.strerror or "not readable", where=str(path)) from None
    except InputError as error:
        place = f"{path}: {error.where}" if error.where else str(path)
        raise InputError(error.what, where=place, do=error.do) from None


def decode(text: bytes | str) -> Any:
    """What JSON stands for; NaN and Infinity, which Python writes and JSON lacks, are let through."""
    try:
        return msgspec.json.decode(text)
    except RecursionError:
        raise InputError("nested too deep", do=DO) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return decode_loosely(text)


def decode_loosely(text: bytes | str) -> Any:
    """JSON by Python's own rules."""
    try:
        found = json.loads(text)
        json.dumps(found, ensure_ascii=False).encode()
    except RecursionError:
        raise InputError("nested too deep", do=DO) from None
    except ValueError as error:
        raise InputError(f"not JSON: {error}", do=DO) from None
    return found


def from_image(png: bytes) -> Graph:
    """The graph of a PNG: what ran, or else the workflow as it was drawn."""
    held = texts(png)
    for name in ("prompt", "workflow"):
        if name in held:
            return from_document(decode(held[name]))
    raise InputError("an image without a workflow in it", do=DO)


def from_document(document: Any) -> Graph:
    """The graph of decoded JSON, whatever its shape."""
    if not isinstance(document, dict):
        raise InputError("not a workflow: JSON, but no object", do=DO)
    if isinstance(document.get("nodes"), list):
        return checked(flatten(unique(parse(document))))
    if isinstance(document.get("prompt"), dict) and "class_type" not in document["prompt"]:
        return from_prompt(document["prompt"])
    if any(isinstance(one, dict) and "class_type" in one for one in document.values()):
        return from_prompt(document)
    raise InputError("JSON, but neither a workflow nor a prompt", do=DO)


def from_prompt(prompt: Json) -> Graph:
    """The graph of an API prompt.

    Raises `InputError` for a node without `class_type`, a link to nothing, and nodes that feed each other.
    """
    if len(prompt) > limit("nodes"):
        raise InputError(f"more than {limit('nodes')} nodes")
    given = {str(key): one for key, one in prompt.items()}
    return checked(Graph({key: node(key, one, given) for key, one in given.items()}))


def checked(graph: Graph) -> Graph:
    """`graph`, once its order is known to exist."""
    graph.order()
    return graph


def node(node_id: str, given: Any, prompt: Json) -> Node:
    """One node of a prompt."""
    class_type = given.get("class_type") if isinstance(given, dict) else None
    if not isinstance(class_type, str):
        raise InputError("a node without `class_type`", where=f"node {node_id}", do=DO)
    inputs, meta = given.get("inputs") or {}, given.get("_meta")
    if not isinstance(inputs, dict):
        raise InputError("`inputs` is not an object", where=f"node {node_id}", do=DO)
    title = meta.get("title") if isinstance(meta, dict) else None
    values = {
        str(name): value(one, prompt, f"node {node_id}, input {name!r}") for name, one in inputs.items()
    }
    return Node(node_id, class_type, values, title if isinstance(title, str) else "")


def value(given: Any, prompt: Json, where: str) -> Any:
    """An input's value, or its link: a list of a node's id and an output's number.

    A list that only looks like a link is a value, unless its first item can be nothing but a node's id.
    """
    if not looks_linked(given):
        return given
    target, slot = given[0], int(given[1])
    if target not in prompt:
        if re.fullmatch(r"\d+(:\d+)*", target):
            raise InputError(f"linked to node {target}, which is not there", where=where, do="Link it again.")
        return given
    if slot < 0:  # past the outputs that we know of is no error: a newer ComfyUI may have added one
        raise InputError(f"linked to output {slot} of node {target}, which has none such", where=where)
    return Link(target, slot)


def looks_linked(given: Any) -> bool:
    """Whether a value has the shape of a link."""
    if not isinstance(given, list) or len(given) != 2 or not isinstance(given[0], str):
        return False
    slot = given[1]
    if isinstance(slot, float):
        return slot.is_integer()
    return isinstance(slot, int) and not isinstance(slot, bool)
