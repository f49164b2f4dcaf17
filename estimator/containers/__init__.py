"""What kind of file it is by its first bytes, and the texts that programs left in it.

Nothing is decoded: a reader follows the container to its texts, so a video of any length costs a few reads.
A reader is a function from a `Source` to pairs of name and text, and a name in `READERS`; its row is in
`data/containers.toml`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import BinaryIO

import msgspec

from .. import facts
from ..errors import InputError
from . import avif, boxes, documents, matroska, pictures, png, sound
from .source import Broken, Source

__all__ = ["Broken", "Container", "Source", "kind", "texts"]

START_BYTES = 64
READERS: dict[str, Callable[[Source], Iterator[tuple[str, str]]]] = {
    "png": png.texts,
    "webp": pictures.webp,
    "jpeg": pictures.jpeg,
    "avif": avif.texts,
    "exr": pictures.exr,
    "isobmff": boxes.texts,
    "matroska": matroska.texts,
    "flac": sound.flac,
    "ogg": sound.ogg,
    "mp3": sound.mp3,
    "glb": documents.glb,
    "safetensors": documents.safetensors,
    "svg": documents.svg,
}


class Container(msgspec.Struct, frozen=True):
    """A row of `data/containers.toml`: `says` what a file is, `pillow` or `ffmpeg` what measures it.

    `animated`: whether all of its frames are taken in, not the first alone.
    """

    id: str
    says: str
    sign: str
    pillow: str = ""
    animated: bool = False
    ffmpeg: str = ""


@cache
def rows() -> tuple[Container, ...]:
    """All kinds of file that are told apart."""
    return tuple(msgspec.convert(facts.table("containers")["container"], list[Container]))


def kind(file: BinaryIO) -> Container | None:
    """What an open file is by its first bytes; None for any that no row knows, as JSON."""
    file.seek(0)
    start = file.read(START_BYTES).hex()
    return next((row for row in rows() if re.match(row.sign, start)), None)


def texts(file: BinaryIO, row: Container) -> dict[str, str]:
    """The texts of an open file by name, in lower case; of one that is cut short, those before that.

    Raises `InputError` where a broken file has none.
    """
    found: dict[str, str] = {}
    try:
        for name, text in READERS[row.id](Source(file)) if row.id in READERS else ():
            found.setdefault(name.lower(), text)
    except Broken as error:
        if not found:
            raise InputError(f"{row.says}, but {error}", do="Give the file as it was saved.") from None
    return found
