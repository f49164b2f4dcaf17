"""The directory of a zip archive: names, sizes and places of its entries, read from the file's end.

Specification: APPNOTE 6.3 (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT), sections 4.3.7 to
4.3.16. Our own, since `zipfile` reads whatever size of directory a file claims.
"""

from __future__ import annotations

import struct
import zlib
from typing import BinaryIO

import msgspec

from .. import facts
from ..errors import FormatError
from ..units import amount
from .faults import AGAIN, cut_short, invalid, too_large, unsupported

STORED, DEFLATED = 0, 8
END = struct.Struct("<4s4H2IH")
END_64 = struct.Struct("<4sQ2H2I4Q")
LOCATOR_64 = struct.Struct("<4sIQI")
CENTRAL = struct.Struct("<4s6H3I5H2I")
LOCAL = struct.Struct("<4s5H3I2H")
FULL_16, FULL_32 = 0xFFFF, 0xFFFFFFFF  # "look in the 64-bit record"
LONGEST_COMMENT = FULL_16
ZIP64_FIELD = 1


class Entry(msgspec.Struct, frozen=True):
    """One file in the archive. Bytes: as stored, unpacked, and from the archive's start to its own header."""

    name: str
    method: int
    stored: int
    size: int
    offset: int


def directory(file: BinaryIO, where: str) -> dict[str, Entry]:
    """The entries of an open archive by name. Raises `FormatError` where it is cut short or broken."""
    file_bytes = file.seek(0, 2)
    length, start = find(file, file_bytes, where)
    if length > facts.table("formats")["pickle"]["limits"]["directory_bytes"]:
        raise too_large(f"has a zip directory of {amount(length)}", where)
    if start + length > file_bytes:
        raise invalid("has a zip directory that lies past its end", where)
    file.seek(start)
    found = entries(file.read(length), where)
    for entry in found.values():
        if entry.offset + LOCAL.size + entry.stored > start:
            raise cut_short(file_bytes, file_bytes + entry.offset + entry.stored - start, where)
    return found


def find(file: BinaryIO, file_bytes: int, where: str) -> tuple[int, int]:
    """Length and start of the directory, from the record at the archive's end."""
    file.seek(max(0, file_bytes - LONGEST_COMMENT - END.size - LOCATOR_64.size))
    tail = file.read()
    at = tail.rfind(b"PK\5\6")
    if at < 0 or at + END.size > len(tail):
        what = f"is cut short: {amount(file_bytes)} without the directory that ends a zip archive"
        raise FormatError("cut-short", what, where=where, do=AGAIN)
    record = END.unpack_from(tail, at)
    if FULL_32 not in record[5:7] and FULL_16 not in record[3:5]:
        return record[5], record[6]
    return find_64(file, tail, at - LOCATOR_64.size, where)


def find_64(file: BinaryIO, tail: bytes, at: int, where: str) -> tuple[int, int]:
    """The same from the 64-bit record, whose place stands just before the usual one."""
    if at < 0 or tail[at : at + 4] != b"PK\6\7":
        raise invalid("has a broken zip directory", where)
    place = LOCATOR_64.unpack_from(tail, at)[2]
    if place >= 1 << 63:
        raise invalid("has a broken zip directory", where)
    file.seek(place)
    data = file.read(END_64.size)
    if len(data) < END_64.size or data[:4] != b"PK\6\6":
        raise invalid("has a broken zip directory", where)
    record = END_64.unpack(data)
    return record[8], record[9]


def entries(data: bytes, where: str) -> dict[str, Entry]:
    """The directory's entries by name."""
    found: dict[str, Entry] = {}
    at = 0
    while at + CENTRAL.size <= len(data):
        record = CENTRAL.unpack_from(data, at)
        if record[0] != b"PK\1\2":
            break
        name_bytes, extra_bytes, comment_bytes = record[10:13]
        at += CENTRAL.size
        name = data[at : at + name_bytes].decode(errors="replace")
        extra = data[at + name_bytes : at + name_bytes + extra_bytes]
        sizes = widen([record[9], record[8], record[16]], extra, where)
        at += name_bytes + extra_bytes + comment_bytes
        found[name] = Entry(name, record[4], sizes[1], sizes[0], sizes[2])
    return found


def widen(sizes: list[int], extra: bytes, where: str) -> list[int]:
    """Size, stored size and offset, those that need 64 bits taken from the entry's extra field."""
    missing = [index for index, value in enumerate(sizes) if value == FULL_32]
    at = 0
    while missing and at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        if kind == ZIP64_FIELD and length >= 8 * len(missing) and at + 4 + 8 * len(missing) <= len(extra):
            for index, value in zip(
                missing, struct.unpack_from(f"<{len(missing)}Q", extra, at + 4), strict=True
            ):
                sizes[index] = value
            return sizes
        at += 4 + length
    if missing:
        raise invalid("has a broken zip directory", where)
    return sizes


def content(file: BinaryIO, entry: Entry, limit: int, where: str) -> bytes:
    """An entry's bytes, unpacked. Raises `FormatError` for more than `limit` bytes, whatever it claims."""
    if max(entry.size, entry.stored) > limit:
        raise too_large(f"has a `{entry.name}` of {amount(max(entry.size, entry.stored))}", where)
    file.seek(entry.offset)
    head = file.read(LOCAL.size)
    if len(head) < LOCAL.size or head[:4] != b"PK\3\4":
        raise invalid(f"has no entry `{entry.name}` where its directory says", where)
    name_bytes, extra_bytes = LOCAL.unpack(head)[9:11]
    file.seek(entry.offset + LOCAL.size + name_bytes + extra_bytes)
    data = file.read(entry.stored)
    if entry.method == DEFLATED:
        data = inflated(data, entry, where)
    elif entry.method != STORED:
        raise unsupported(f"has entries packed by method {entry.method}", where)
    if len(data) != entry.size:
        raise invalid(f"has a `{entry.name}` of another size than its directory says", where)
    return data


def inflated(data: bytes, entry: Entry, where: str) -> bytes:
    """Deflated bytes unpacked, one more at most than the entry claims."""
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, entry.size + 1)
    except zlib.error:
        raise invalid(f"has a `{entry.name}` that cannot be unpacked", where) from None
