"""Texts of MP4, MOV and M4A: boxes within boxes, of which only those that lead to the tags are read.

Specifications: ISO/IEC 14496-12 section 4.2 and the QuickTime File Format's metadata chapter.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from .source import Source, plain

Box = tuple[bytes, int, int]
# The names of Apple's older tags; the newer kind carries its names in a `keys` box.
NAMES = {b"\xa9cmt": "comment", b"\xa9des": "description", b"desc": "description"}


def boxes(source: Source, start: int, end: int) -> Iterator[Box]:
    """Type, first byte and end of each box's body between two places."""
    while start + 8 <= end:
        source.go(start)
        size, kind = source.number(4), source.take(4)
        body = start + 8
        if size == 1:
            size, body = source.number(8), start + 16
        stop = min(start + size, end) if size else end
        if stop < body:
            return
        yield kind, body, stop
        start = stop


def texts(source: Source) -> Iterator[tuple[str, str]]:
    """Each text with its name, wherever programs put tags: in the movie, its user data, or beside it."""
    yield from within(source, 0, source.size)


def within(source: Source, start: int, end: int, depth: int = 3) -> Iterator[tuple[str, str]]:
    """The texts of the boxes between two places."""
    for kind, body, stop in boxes(source, start, end):
        if kind in (b"moov", b"udta") and depth:
            yield from within(source, body, stop, depth - 1)
        elif kind == b"meta":
            yield from tags(source, body, stop)
        elif kind in NAMES and start:  # QuickTime's: length and language of the text come first
            source.go(body)
            yield NAMES[kind], plain(source.take(stop - body)[4:])


def tags(source: Source, start: int, end: int) -> Iterator[tuple[str, str]]:
    """The texts of a `meta` box, which in MP4 begins with four bytes of version and in MOV does not."""
    source.go(start + 4)
    plainly = source.take(4) == b"hdlr"
    inside = {kind: (body, stop) for kind, body, stop in boxes(source, start + (0 if plainly else 4), end)}
    names = keys(source, *inside.get(b"keys", (0, 0)))
    for kind, body, stop in boxes(source, *inside.get(b"ilst", (0, 0))):
        name = names.get(int.from_bytes(kind, "big")) if names else NAMES.get(kind)
        for held, first, last in boxes(source, body, stop):
            if name and held == b"data":
                source.go(first + 8)  # type and locale
                yield name, plain(source.take(last - first - 8))


def keys(source: Source, start: int, end: int) -> dict[int, str]:
    """The names in a `keys` box by their numbers, which count from one."""
    names = {}
    for number, (_, body, stop) in enumerate(boxes(source, start + 8, end), 1):
        source.go(body)
        names[number] = plain(source.take(stop - body)).rpartition(".")[2]
    return names


def turned(source: Source) -> bool:
    """Whether the first video track is shown a quarter turn from how its pictures lie in the file."""
    for track in paths(source, (b"moov", b"trak"), 0, source.size):
        handler = next(paths(source, (b"mdia", b"hdlr"), *track), None)
        header = next(paths(source, (b"tkhd",), *track), None)
        if handler and header and piece(source, handler[0] + 8, 4) == b"vide":
            later = piece(source, header[0], 1) == b"\1"  # with dates of 64 bits
            a, b, _, c, d = struct.unpack(">5i", piece(source, header[0] + (52 if later else 40), 20))
            return not a and not d and bool(b and c)
    return False


def paths(source: Source, names: tuple[bytes, ...], start: int, end: int) -> Iterator[tuple[int, int]]:
    """First byte and end of each box that these names lead to, one inside the other."""
    for kind, body, stop in boxes(source, start, end):
        if kind == names[0] and names[1:]:
            yield from paths(source, names[1:], body, stop)
        elif kind == names[0]:
            yield body, stop


def piece(source: Source, at: int, size: int) -> bytes:
    """The bytes at a place."""
    source.go(at)
    return source.take(size)
