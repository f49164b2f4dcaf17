"""Decoded JSON to a graph, whatever ComfyUI or its users have wrapped around it."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from ..errors import InputError
from .flatten import flatten
from .graph import Graph
from .prompt import DO, Json, checked, from_prompt
from .ui import parse
from .unique import unique

WRAPPINGS = ("prompt", "output", "workflow")  # what ran comes before what was drawn
DEEPEST = 4  # wrappings within wrappings


def decode(text: bytes | str) -> Any:
    """What JSON stands for, and what a text in JSON stands for in turn, as some programs pack it twice."""
    found = decode_once(text)
    return decode_once(found) if isinstance(found, str) else found


def decode_once(text: bytes | str) -> Any:
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


def from_document(document: Any, depth: int = DEEPEST) -> Graph:
    """The graph of decoded JSON, whatever its shape.

    A drawn workflow, a prompt, or an object that holds either: the request to `/prompt` (of which only the
    outputs that it asks for are kept), the frontend's `{"output", "workflow"}`, an entry of `/history`.
    """
    if isinstance(document, list):
        raise InputError(f"a list of {len(document)}, no object", do="Give one workflow.")
    if not isinstance(document, dict):
        raise InputError("not a workflow: JSON, but no object", do=DO)
    if isinstance(document.get("nodes"), list):
        return checked(flatten(unique(parse(document))))
    if any(isinstance(one, dict) and "class_type" in one for one in document.values()):
        return from_prompt(document)
    held = unwrapped(document)
    if held is None or not depth:
        raise InputError("JSON, but neither a workflow nor a prompt", do=DO)
    graph = from_document(held, depth - 1)
    targets = document.get("partial_execution_targets")
    if not targets or not isinstance(targets, list):
        return graph
    # ComfyUI passes over ids that no node has, and refuses a request that names no other.
    return graph.only([str(one) for one in targets if str(one) in graph.nodes] or [str(targets[0])])


def unwrapped(document: Json) -> Any:
    """What an object wraps; None where it wraps nothing that we know."""
    for name in WRAPPINGS:
        held = document.get(name)
        if isinstance(held, str) and held.lstrip().startswith("{"):
            held = decode(held)
        if isinstance(held, list) and name == "prompt":
            return queued(held)
        if held and isinstance(held, dict):
            return held
    extra = document.get("extra_data")
    if isinstance(extra, dict):
        return extra.get("extra_pnginfo")
    return run(document)


def queued(entry: list[Any]) -> Json | None:
    """A prompt as the queue holds it: number, id, nodes, extra data, outputs that are run."""
    if len(entry) < 3 or not isinstance(entry[2], dict):
        return None
    return {"prompt": entry[2], "partial_execution_targets": entry[4] if len(entry) > 4 else []}


def run(document: Json) -> Any:
    """The one run of a `/history`, which has them by their ids."""
    runs = [one for one in document.values() if isinstance(one, dict) and isinstance(one.get("prompt"), list)]
    if len(runs) > 1:
        raise InputError(f"a history of {len(runs)} runs", do="Give one of them.")
    return runs[0] if runs else None
