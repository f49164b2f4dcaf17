"""Texts of MKV and WebM: elements within elements, of which those outside `Tags` are passed over.

Specification: RFC 8794 (EBML), RFC 9559 section 5.1.8 (tags).
"""

from __future__ import annotations

from collections.abc import Iterator

from .source import Broken, Source, plain

SEGMENT, TAGS, TAG, SIMPLE_TAG = 0x18538067, 0x1254C367, 0x7373, 0x67C8
NAME, STRING = 0x45A3, 0x4487
OUTER = (SEGMENT, TAGS, TAG)


def texts(source: Source) -> Iterator[tuple[str, str]]:
    """Each tag with its name, those of single tracks too."""
    yield from within(source, 0, source.size)


def within(source: Source, start: int, end: int, depth: int = 3) -> Iterator[tuple[str, str]]:
    """The tags between two places."""
    for kind, body, stop in elements(source, start, end):
        if kind in OUTER and depth:
            yield from within(source, body, stop, depth - 1)
        elif kind == SIMPLE_TAG:
            held = {
                inner: (first, last)
                for inner, first, last in elements(source, body, stop)
                if inner in (NAME, STRING)
            }
            if len(held) == 2:
                yield read(source, *held[NAME]), read(source, *held[STRING])


def elements(source: Source, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Id, first byte and end of each element's body; one of unknown length goes to the end."""
    while start < end:
        source.go(start)
        kind, size = number(source, marked=True)[0], number(source)
        body = source.at
        stop = end if size[0] == (1 << 7 * size[1]) - 1 else min(body + size[0], end)
        yield kind, body, stop
        start = stop


def number(source: Source, marked: bool = False) -> tuple[int, int]:
    """A number of variable length, and that length; `marked` keeps the bit that says it, as ids do."""
    first = source.number(1)
    length = 9 - first.bit_length()
    if not first:
        raise Broken("cut short")
    value = first if marked else first & ((1 << 8 - length) - 1)
    return (value << 8 * (length - 1)) | source.number(length - 1), length


def read(source: Source, start: int, end: int) -> str:
    """The text between two places."""
    source.go(start)
    return plain(source.take(end - start))
