"""The EXIF block of an AVIF: an item that `iinf` names and `iloc` places (ISO/IEC 14496-12 section 8.11)."""

from __future__ import annotations

from collections.abc import Iterator

from . import exif
from .boxes import boxes
from .source import Source


def texts(source: Source) -> Iterator[tuple[str, str]]:
    """The texts of an AVIF."""
    for kind, start, end in boxes(source, 0, source.size):
        if kind != b"meta":
            continue
        inside = {name: (body, stop) for name, body, stop in boxes(source, start + 4, end)}
        item = exif_item(source, *inside.get(b"iinf", (0, 0)))
        place = extent(source, inside.get(b"iloc", (0, 0))[0], item)
        if place:
            source.go(place[0])
            block = source.take(place[1])
            yield from exif.texts(block[4 + int.from_bytes(block[:4], "big") :])
        return


def exif_item(source: Source, start: int, end: int) -> int:
    """The number of the item that is EXIF, 0 where there is none."""
    source.go(start)
    wide = source.number(1) if end else 0
    for kind, body, _ in boxes(source, start + (8 if wide else 6), end):
        source.go(body)
        version = source.number(1)
        source.skip(3)
        item = source.number(2 if version < 3 else 4)
        source.skip(2)
        if kind == b"infe" and version > 1 and source.take(4) == b"Exif":
            return item
    return 0


def extent(source: Source, start: int, wanted: int) -> tuple[int, int] | None:
    """Place and length of an item in the file; None for one that lies elsewhere or in pieces."""
    if not (start and wanted):
        return None
    source.go(start)
    version = source.number(1)
    source.skip(3)
    sizes = source.number(2)
    offset_bytes, length_bytes, base_bytes = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_bytes = sizes & 15 if version else 0
    wide = 4 if version > 1 else 2
    for _ in range(source.number(wide)):
        item = source.number(wide)
        method = source.number(2) & 15 if version else 0
        source.skip(2)
        base = source.number(base_bytes)
        pieces = []
        for _ in range(source.number(2)):
            source.skip(index_bytes)
            pieces.append((base + source.number(offset_bytes), source.number(length_bytes)))
        if item == wanted:
            return pieces[0] if len(pieces) == 1 and not method else None
    return None
