"""Node definitions: what inputs, widgets and outputs a node type has, by a server or by the tables in data/.

A server's own (`GET /object_info`) win over data/nodes/: the packs installed there are what runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from .. import facts
from .object_info import convert

Row = dict[str, Any]
Definitions = Callable[[str], Row | None]

_live: ContextVar[Definitions | None] = ContextVar("definitions", default=None)


def definition(class_type: str) -> Row | None:
    """A node type's row (its form: `keys` of data/nodes/core.json); None for a type that nobody describes."""
    server = _live.get()
    row = server(class_type) if server else None
    return shipped(class_type) if row is None else row


def live() -> Definitions | None:
    """The server's definitions that hold now, if any."""
    return _live.get()


def shipped(class_type: str) -> Row | None:
    """A node type's row in data/nodes/; a pack's table is read when one of its types is asked for."""
    found: Row | None = facts.table("nodes/core")["nodes"].get(class_type)
    if found is not None:
        return found
    pack = facts.table("nodes/packs/index")["types"].get(class_type)
    return facts.table(f"nodes/packs/{pack}")["nodes"].get(class_type) if pack else None


def from_server(describe: Callable[[str], Any]) -> Definitions:
    """A server's definitions, each converted when it is first asked for and kept.

    `describe(class_type)`: what `GET /object_info` says of a node type, None for one that is not installed.
    """

    known: dict[str, Row | None] = {}  # of what is installed: of other names a workflow can hold any number

    def look_up(class_type: str) -> Row | None:
        if class_type not in known:
            given = describe(class_type)
            if given is None:
                return None
            known[class_type] = convert(class_type, given)
        return known[class_type]

    return look_up


@contextmanager
def using(definitions: Definitions | None) -> Iterator[None]:
    """Let `definitions` win in this block: for reading a workflow and for whatever is asked of it later."""
    before = _live.set(definitions)
    try:
        yield
    finally:
        _live.reset(before)
