"""The files that a node says it needs (`properties.models`), which ComfyUI offers to download if missing."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Protocol

from ...errors import InputError
from ..edits import Edit
from ..graph import Graph
from .drawing import Drawing
from .sheet import Json


class File(Protocol):
    """A file, where it is had from, and which of ComfyUI's folders it goes to."""

    @property
    def file(self) -> str:
        """Its name, as the node's widget has it."""

    @property
    def url(self) -> str:
        """Its address."""

    @property
    def directory(self) -> str:
        """The folder."""


def tell(
    document: Json, before: Graph, after: Graph, edits: Sequence[Edit], downloads: Sequence[File]
) -> None:
    """Write the files into the nodes that name them, and take out those that nodes no longer name."""
    drawing = Drawing(document)
    keys = {edit.node for edit in edits if edit.node in after.nodes}
    keys |= {key for key in after.nodes if names_any(after, key, downloads)}
    for key in sorted(keys):
        now = texts(after, key)
        gone = texts(before, key) - now
        wanted = [
            {"name": one.file, "url": one.url, "directory": one.directory}
            for one in downloads
            if any(same(one.file, text) for text in now)
        ]
        if wanted or gone:
            with suppress(InputError):  # what group nodes consist of has no place for it
                write(drawing.find(key)[1], wanted, gone)


def write(node: Json, wanted: list[Json], gone: set[str]) -> None:
    """Change the list of one node."""
    properties = node.get("properties")
    old = properties.get("models") if isinstance(properties, dict) else None
    listed: list[Any] = old if isinstance(old, list) else []
    replaced = {one["name"] for one in wanted}
    stale = [one for one in listed if isinstance(one, dict) and any(same(one.get("name"), g) for g in gone)]
    again = [one for one in listed if isinstance(one, dict) and one.get("name") in replaced]
    new = [one for one in listed if one not in stale and one not in again] + wanted
    if new != listed:
        node["properties"] = {**(properties if isinstance(properties, dict) else {}), "models": new}
        if not new:
            del node["properties"]["models"]


def texts(graph: Graph, key: str) -> set[str]:
    """The texts among a node's inputs."""
    node = graph.nodes.get(key)
    return {one for one in node.inputs.values() if isinstance(one, str)} if node else set()


def names_any(graph: Graph, key: str, files: Sequence[File]) -> bool:
    """Whether a node names one of some files."""
    return any(same(one.file, text) for one in files for text in texts(graph, key))


def same(name: Any, text: str) -> bool:
    """Whether a widget's text names a file, be it in a folder."""
    return isinstance(name, str) and name == text.replace("\\", "/").rpartition("/")[2]
