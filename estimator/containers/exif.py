"""Texts of an EXIF block, which is a TIFF: `prompt:{...}` in any tag of text, or JSON as the user's comment.

Specification: https://www.cipa.jp/std/documents/download_e.html?DC-008-Translation-2023-E section 4.6.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from .source import Broken, plain

ORDERS = {b"II": "<", b"MM": ">"}
TEXT, UNDEFINED = 2, 7
INNER = 0x8769  # the tag that leads to the directory with the user's comment
ENTRY_BYTES = 12
CODE_BYTES = 8  # before a user's comment: how it is encoded


def texts(block: bytes) -> Iterator[tuple[str, str]]:
    """Each text with its name; `comment` where it has none."""
    for raw in raws(block.removeprefix(b"Exif\0\0")):
        text = comment(raw).strip()
        name, _, rest = text.partition(":")
        if text.startswith("{"):
            yield "comment", text
        elif rest.lstrip().startswith("{"):
            yield name, rest.strip()


def raws(block: bytes) -> Iterator[bytes]:
    """The value of each entry that can be text, of the first directory and the one inside it."""
    order = ORDERS.get(block[:2])
    if not order or len(block) < CODE_BYTES:
        return
    (first,) = struct.unpack_from(f"{order}I", block, 4)
    found = entries(block, order, first)
    inner = [value for tag, _, _, value in found if tag == INNER]
    if inner:
        found += entries(block, order, inner[0])
    held = [(value, count) for _, kind, count, value in found if kind in (TEXT, UNDEFINED)]
    if sum(count for _, count in held) > len(block):  # the same bytes, claimed many times over
        raise Broken("cut short")
    for value, count in held:
        yield block[value : value + count]


def entries(block: bytes, order: str, at: int) -> list[tuple[int, int, int, int]]:
    """Tag, type, count and place of each entry of a directory. Raises `Broken` where it leaves the block."""
    try:
        (count,) = struct.unpack_from(f"{order}H", block, at)
        return [struct.unpack_from(f"{order}HHII", block, at + 2 + ENTRY_BYTES * i) for i in range(count)]
    except struct.error:
        raise Broken("cut short") from None


def comment(raw: bytes) -> str:
    """A text without the eight bytes that say how a user's comment is encoded."""
    if raw.startswith((b"ASCII\0\0\0", bytes(CODE_BYTES))):
        return plain(raw[CODE_BYTES:])
    if raw.startswith(b"UNICODE\0"):
        rest = raw[CODE_BYTES:]
        return rest.decode("utf-16-be" if rest.startswith(b"\0") else "utf-16-le", "replace")
    return plain(raw)
