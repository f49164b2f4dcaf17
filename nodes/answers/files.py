"""Where files lie and what node types are, as this ComfyUI says; and what of it an answer rests on."""

from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from .. import host
from .patience import go_on


class Mark(NamedTuple):
    """A file as it was: where, how large, and when it was last changed."""

    path: Path
    size: int
    changed: int


class ModelFiles:
    """A finder of files for the estimator, by ComfyUI's own folders; it remembers what it was asked.

    A file is marked before anybody reads it: if it changes after that, `hold` says so.
    """

    def __init__(self) -> None:
        self.marks: dict[tuple[str, str], Mark | None] = {}
        self.listed: dict[str, tuple[str, ...]] = {}

    def __call__(self, folder: str, name: str) -> Path | None:
        """The file that a loader's widget names."""
        go_on()
        mark = self.marks[folder, name] = marked(folder, name)
        return mark and mark.path

    def paths(self) -> dict[str, Path]:
        """The files that were found, by the names that nodes have for them."""
        return {name: mark.path for (_, name), mark in self.marks.items() if mark}

    def names(self, folder: str) -> tuple[str, ...]:
        """The files in one of ComfyUI's folders."""
        go_on()
        found = self.listed[folder] = host.host().names(folder)
        return found

    def hold(self) -> bool:
        """Whether all that was found is still there unchanged, and what was missing still missing."""
        return all(marked(*asked) == mark for asked, mark in self.marks.items()) and all(
            host.host().names(folder) == names for folder, names in self.listed.items()
        )

    def by_name(self, sentence: str) -> str:
        """A sentence with files by the names that nodes have for them, in place of their paths."""
        for (_, name), mark in self.marks.items():
            sentence = sentence.replace(str(mark.path), name) if mark else sentence
        return sentence


def marked(folder: str, name: str) -> Mark | None:
    """A file as it is now; None where there is none."""
    path = host.host().resolve(folder, name)
    try:
        told = path.stat() if path else None
    except (OSError, ValueError):  # gone since it was found
        return None
    return Mark(path, told.st_size, told.st_mtime_ns) if path and told else None


def definitions():
    """What this ComfyUI says of its node types; each is asked once."""
    return definitions_of(host.host())


@lru_cache(maxsize=1)
def definitions_of(comfyui: host.Host):
    """What one ComfyUI says of its node types."""
    from ... import estimator

    known = estimator.from_server(comfyui.describe)

    def look_up(class_type: str) -> dict[str, Any] | None:
        go_on()
        return known(class_type)

    return look_up
