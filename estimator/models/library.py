"""The user's files, each read once however many nodes name it: models, and what a workflow takes in."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path, PurePath

import msgspec

from ..errors import FormatError, InputError
from ..formats import read
from ..media import Media, measure
from . import identify
from .component import Component
from .published import published

Files = Callable[[str, str], Path | None]


class Found(msgspec.Struct, frozen=True):
    """What a file holds; `problem` says why it holds nothing we know, and is empty otherwise.

    `missing`: it is not on disk; then `components` are those of the published file of that name, if any.
    """

    components: tuple[Component, ...]
    problem: str = ""
    missing: bool = False


class Library:
    """Files by ComfyUI folder and name, found by `files(folder, name)`, which gives a path or None."""

    def __init__(self, files: Files) -> None:
        """Nothing is read until it is asked for."""
        self.files = files
        self.known: dict[tuple[str, str], Found] = {}
        self.unmeasured: dict[str, str] = {}

    def open(self, folder: str, name: str) -> Found:
        """The components of one file. Raises `FormatError` where the file is there but broken."""
        if (folder, name) not in self.known:
            self.known[folder, name] = self.look(folder, name)
        return self.known[folder, name]

    def look(self, folder: str, name: str) -> Found:
        """Find, read and identify one file."""
        path = self.files(folder, name)
        if path is None:
            return absent(folder, name)
        try:
            status = path.stat()
        except OSError:  # gone since it was found
            return absent(folder, name)
        try:
            components = inside(path, status.st_mtime_ns, status.st_size)
        except FormatError as error:
            if error.code == "unsupported":
                return Found((), error.what)
            raise
        return Found(components, "" if components else f"`{name}` is of no family we know")

    def measured(self, name: str) -> Media | None:
        """The size of an input by the name that a node has for it, as `clipspace/a.png [input]`.

        None where it is not known; then `unmeasured[name]` says why.
        """
        path = self.files("input", name)
        try:
            if path:
                return measure(path)
            self.unmeasured[name] = f"`{name}` is not in the input folder"
        except InputError as error:
            self.unmeasured[name] = str(error)
        return None


@lru_cache(maxsize=64)
def inside(path: Path, changed: int, size: int) -> tuple[Component, ...]:
    """What a file holds, as it was when it was last `changed` and of this size."""
    return identify(read(path)).components


@cache
def absent(folder: str, name: str) -> Found:
    """What stands for a file that is not on disk: the published file of its name, or nothing."""
    table = published(folder, name)
    if table is None:
        return Found((), f"`{name}` is not in the folder {folder}", missing=True)
    return Found(identify(table).components, missing=True)


def in_folders(roots: tuple[Path, ...]) -> Files:
    """A finder over folders laid out as ComfyUI's `models` is; older folder names are tried as well."""
    aliases = {"diffusion_models": ("diffusion_models", "unet"), "text_encoders": ("text_encoders", "clip")}

    def find(folder: str, name: str) -> Path | None:
        tried = (within(root / kind, name) for root in roots for kind in aliases.get(folder, (folder,)))
        return next((path for path in tried if path), None)

    return find


def within(folder: Path, name: str) -> Path | None:
    """The file of a name under a folder; None where there is none, or the name leads out of it.

    A link may lead out: many keep their models on another disk.
    """
    plain = PurePath(name)
    if plain.is_absolute() or ".." in plain.parts:
        return None
    try:
        return folder / plain if (folder / plain).is_file() else None
    except (OSError, ValueError):  # zero bytes, names too long
        return None
