"""The model files under the paths that a user names: each file, sharded model or diffusers folder once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import msgspec

from .. import facts


class Found(msgspec.Struct, frozen=True):
    """A model file and what tells whether it changed; `mtime` in nanoseconds.

    `whole`: it is one file, not an index or a folder that stands for several.
    """

    path: str
    size: int
    mtime: int
    is_link: bool = False
    whole: bool = True


def find(paths: list[Path]) -> list[Found]:
    """All model files under the paths, files that are named whatever their extension; sorted by path."""
    found: dict[str, Found] = {}
    for path in paths:
        for one in walk(str(path)) if path.is_dir() else [named(path)]:
            found.setdefault(one.path, one)
    return [found[key] for key in sorted(found)]


def named(path: Path) -> Found:
    """A file that the user names; it need not be there."""
    try:
        state = path.stat()
    except OSError:
        return Found(str(path), 0, 0, whole=False)
    return Found(str(path), state.st_size, state.st_mtime_ns, path.is_symlink(), not is_index(path.name))


@cache
def rules() -> tuple[tuple[str, ...], str, str]:
    """The extensions of model files, the ending of an index, and the file that marks a diffusers folder."""
    table = facts.table("formats")
    return tuple(table["scan"]["extensions"]), table["sharded"]["index_ending"], table["sharded"]["pipeline"]


def is_index(name: str) -> bool:
    """Whether a file of that name stands for several."""
    return name.endswith(rules()[1])


def walk(folder: str, seen: frozenset[str] = frozenset()) -> Iterator[Found]:
    """The models under a folder; links are followed, not in circles; an unreadable one is empty."""
    extensions, _, pipeline = rules()
    real = os.path.realpath(folder)
    try:
        with os.scandir(folder) as entries:
            inside = list(entries) if real not in seen else []
    except OSError:
        return
    if any(entry.name == pipeline for entry in inside):
        yield Found(folder, 0, 0, whole=False)
        return
    indexes = [entry for entry in inside if is_index(entry.name)]
    for entry in indexes:
        yield Found(entry.path, 0, 0, whole=False)
    for entry in inside:
        if entry.is_dir():
            yield from walk(entry.path, seen | {real})
        elif entry.name.lower().endswith(extensions) and not is_shard(entry.name, indexes):
            yield from state_of(entry)


def is_shard(name: str, indexes: list[os.DirEntry[str]]) -> bool:
    """Whether a file belongs to an index beside it, by its name: `model-00001-of-00003.safetensors`."""
    return any(name.startswith(index.name.removesuffix(rules()[1]) + "-") for index in indexes)


def state_of(entry: os.DirEntry[str]) -> Iterator[Found]:
    """A file of a folder; a link to nowhere is there too, to be said."""
    try:
        state = entry.stat()
    except OSError:
        yield Found(entry.path, 0, 0, entry.is_symlink(), whole=False)
        return
    yield Found(entry.path, state.st_size, state.st_mtime_ns, entry.is_symlink())
