"""The user's files, each read once however many nodes name it: models, and what a workflow takes in."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path, PurePath
from typing import ClassVar

import msgspec

from .. import facts
from ..errors import FormatError, InputError
from ..formats import read
from ..formats.gguf import MAGIC
from ..formats.safetensors import LENGTH_BYTES
from ..media import Media, measure
from . import Identification, identify
from .component import Component
from .published import published

Files = Callable[[str, str], Path | None]


class Found(msgspec.Struct, frozen=True):
    """What a file holds; `problem` says why it holds nothing we know, and is empty otherwise.

    `missing`: it is not on disk; then `components` are those of the published file of that name, if any.
    `rest`: what it holds beside them, of no family we know.
    """

    components: tuple[Component, ...]
    problem: str = ""
    missing: bool = False
    rest: Component | None = None


class Brief(msgspec.Struct, frozen=True):
    """What a component of a file is, without its tensors.

    `format`: of the file, as `gguf`; `majority`, `quantization`: as of `Component`.
    """

    role: str
    family: str
    variant: str
    hyper: dict[str, int]
    format: str
    majority: str
    quantization: str | None


class Library:
    """Files by ComfyUI folder and name, found by `files(folder, name)`, which gives a path or None."""

    def __init__(self, files: Files) -> None:
        """Nothing is read until it is asked for."""
        self.files = files
        self.known: dict[tuple[str, str], Found] = {}
        self.unmeasured: dict[str, str] = {}
        self.listed: dict[str, tuple[str, ...]] = {}

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
            found = inside(path, status.st_mtime_ns, status.st_size, facts.learned_state())
        except FormatError as error:
            if error.code == "unsupported":
                return Found((), error.what)
            raise
        problem = "" if found.components else f"`{name}` is of no family we know"
        return Found(found.components, problem, rest=found.rest)

    def names(self, folder: str) -> tuple[str, ...]:
        """The files in one of ComfyUI's folders as nodes name them; none where the finder cannot list."""
        if folder not in self.listed:
            lister: Callable[[str], tuple[str, ...]] | None = getattr(self.files, "names", None)
            self.listed[folder] = lister(folder) if lister else ()
        return self.listed[folder]

    def briefs(self, folder: str, name: str, least: int = 0, layer: str = "") -> tuple[Brief, ...]:
        """What the components of a file are; none of one that is broken, or below `least` bytes.

        `layer`: a name that stands in its header; files without it are not looked into any further.
        """
        path = self.files(folder, name)
        try:
            status = path.stat() if path else None
        except OSError:
            return ()
        if not path or not status or status.st_size < least:
            return ()
        return inside_in_brief(path, status.st_mtime_ns, status.st_size, layer, facts.learned_state())

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
def inside(path: Path, changed: int, size: int, learned: int) -> Identification:
    """What a file holds, as it was when it was last `changed` and of this size, by what was `learned`."""
    return identify(read(path))


@lru_cache(maxsize=4096)
def inside_in_brief(path: Path, changed: int, size: int, layer: str, learned: int) -> tuple[Brief, ...]:
    """What the components of a file are, as it was when it was last `changed`; none of a broken one."""
    try:
        found = identify(read(path)).components if names_layer(path, layer) else ()
    except (FormatError, OSError):
        return ()
    return tuple(
        Brief(one.role, one.family, one.variant, one.hyper, one.format, one.majority, one.quantization)
        for one in found
    )


def names_layer(path: Path, layer: str) -> bool:
    """Whether a layer's name stands at a file's beginning, where its header is; also where it may lie behind.

    Reading and understanding a large model's header takes a hundredth of a second, and this a thousandth.
    """
    scan = facts.table("formats")["scan"]
    if not layer or path.suffix.lower() not in scan["headers_first"]:
        return True
    with path.open("rb") as file:
        start = file.read(LENGTH_BYTES)
        told = scan["head"] if start[:4] == MAGIC else int.from_bytes(start, "little")
        return layer.encode() in file.read(min(told, scan["head"]))


def absent(folder: str, name: str) -> Found:
    """What stands for a file that is not on disk: the published file of its name, or nothing."""
    return published_as(folder, name, facts.learned_state())


@lru_cache(maxsize=1024)
def published_as(folder: str, name: str, learned: int) -> Found:
    """It, by what was `learned`."""
    table = published(folder, name)
    if table is None:
        return Found((), f"`{name}` is not in the folder {folder}", missing=True)
    return Found(identify(table).components, missing=True)


class Folders:
    """A finder over folders laid out as ComfyUI's `models` is; older folder names are tried as well.

    `others`: further folders, by ComfyUI's name of what they hold.
    """

    ALIASES: ClassVar = {
        "diffusion_models": ("diffusion_models", "unet"),
        "text_encoders": ("text_encoders", "clip"),
    }

    def __init__(self, roots: Iterable[Path], others: Mapping[str, Sequence[Path]] | None = None) -> None:
        """Nothing is looked for until it is asked for."""
        self.roots, self.others = tuple(roots), others or {}

    def __call__(self, folder: str, name: str) -> Path | None:
        """The file of a name in one of ComfyUI's folders; None where there is none."""
        return next((path for path in (within(one, name) for one in self.all(folder)) if path), None)

    def all(self, folder: str) -> Iterator[Path]:
        """The folders that a name is looked for in, the first to be believed first."""
        kinds = self.ALIASES.get(folder, (folder,))
        yield from (root / kind for root in self.roots for kind in kinds)
        yield from (path for kind in kinds for path in self.others.get(kind, ()))

    def names(self, folder: str) -> tuple[str, ...]:
        """The files in them as nodes name them, those of subfolders too; each name once."""
        found: dict[str, None] = {}
        for one in self.all(folder):
            found |= dict.fromkeys(names_in(one))
        return tuple(found)


def names_in(folder: Path) -> list[str]:
    """The model files in a folder and below, sorted; a folder that leads into itself ends at some point."""
    scan = facts.table("formats")["scan"]
    endings = tuple(scan["extensions"])
    walk = os.walk(folder, followlinks=True)
    found = (Path(where, name) for where, _, names in walk for name in names)
    models = (str(path.relative_to(folder)) for path in found if path.name.lower().endswith(endings))
    return sorted(islice(models, scan["most"]))


def in_folders(roots: tuple[Path, ...]) -> Folders:
    """A finder over folders laid out as ComfyUI's `models` is."""
    return Folders(roots)


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
