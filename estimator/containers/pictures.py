"""The EXIF block of a WebP and of a JPEG, and the attributes of an EXR."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from . import exif
from .source import Source, plain

EXIF, COMMENT, SCAN = 0xE1, 0xFE, 0xDA  # markers of a JPEG


def webp(source: Source) -> Iterator[tuple[str, str]]:
    """The texts of a WebP."""
    source.skip(12)
    while source.at < source.size:
        kind, size = struct.unpack("<4sI", source.take(8))
        if kind == b"EXIF":
            yield from exif.texts(source.take(size))
            return
        source.skip(size + size % 2)


def jpeg(source: Source) -> Iterator[tuple[str, str]]:
    """The texts of a JPEG, all of which stand before the picture."""
    source.skip(2)
    while source.at < source.size:
        marker, size = struct.unpack(">HH", source.take(4))
        kind, size = marker & 0xFF, max(size - 2, 0)
        if kind == SCAN:
            return
        if kind not in (EXIF, COMMENT):
            source.skip(size)
            continue
        body = source.take(size)
        if kind == COMMENT:
            yield "comment", plain(body)
        elif body.startswith(b"Exif\0\0"):
            yield from exif.texts(body)


def exr(source: Source) -> Iterator[tuple[str, str]]:
    """The attributes of an EXR that are text: name, type and length stand before each value."""
    source.skip(8)
    while name := word(source):
        kind = word(source)
        size = int.from_bytes(source.take(4), "little")
        if kind == b"string":
            yield plain(name), plain(source.take(size))
        else:
            source.skip(size)


def word(source: Source, most: int = 256) -> bytes:
    """Bytes up to a zero, which is left out."""
    start = source.at
    found = source.take(min(most, source.size - start)).partition(b"\0")[0]
    source.go(start + len(found) + 1)
    return found
