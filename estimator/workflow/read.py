"""Any saved workflow to a flat graph: an API prompt, a UI workflow, or a file that holds either."""

from __future__ import annotations

import os
import zlib
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from .. import containers
from ..errors import InputError
from .document import decode, from_document
from .graph import Graph
from .prompt import DO, Json
from .ui import limit

# The texts of a file that may hold a workflow: what ran, what was drawn, and an object with both.
NAMES = ("prompt", "workflow", "comment", "usercomment", "description")


def read(source: Path | bytes | Json) -> Graph:
    """The graph of a file, of the bytes of one, or of decoded JSON.

    Raises `InputError` in one line for whatever cannot be read as a workflow.
    """
    if isinstance(source, Path):
        return read_file(source)
    return from_document(source) if isinstance(source, dict) else from_file(BytesIO(source))


def read_file(path: Path) -> Graph:
    """The graph of a file, which every error names."""
    try:
        with path.open("rb") as file:
            return from_file(file)
    except OSError as error:
        raise InputError(error.strerror or "not readable", where=str(path)) from None
    except InputError as error:
        place = f"{path}: {error.where}" if error.where else str(path)
        raise InputError(error.what, where=place, do=error.do) from None


def from_file(file: BinaryIO) -> Graph:
    """The graph of an open file: of the texts in it, or of all of it as JSON."""
    row = containers.kind(file)
    if row and row.id != "gzip":
        return from_texts(containers.texts(file, row), row.says)
    content = contents(file)
    return from_document(decode(inflated(content) if row else content))


def from_texts(held: dict[str, str], says: str) -> Graph:
    """The graph of a file's texts, the first of them that is one; `says` what the file is.

    Raises `InputError` where none is: what is wrong with the first, or that there is none.
    """
    wrong = InputError(f"{says} without a workflow in it", do=DO)
    tried = [held[name] for name in NAMES if held.get(name, "").lstrip().startswith(("{", '"'))]
    for place, text in enumerate(tried):
        try:
            return from_document(decode(text))
        except InputError as error:
            wrong = wrong if place else error
    raise wrong


def contents(file: BinaryIO) -> bytes:
    """All of a file of text. Raises `InputError` for one larger than any workflow."""
    if file.seek(0, os.SEEK_END) > limit("file_bytes"):
        raise too_large()
    file.seek(0)
    return file.read()


def inflated(packed: bytes) -> bytes:
    """What gzip packed."""
    machine = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        found = machine.decompress(packed, limit("file_bytes"))
    except zlib.error:
        raise InputError("a gzip file, but broken", do=DO) from None
    if machine.unconsumed_tail:
        raise too_large()
    return found


def too_large() -> InputError:
    """The error of a text beyond all reason."""
    return InputError(f"larger than {limit('file_bytes') >> 20} MiB", do=DO)
