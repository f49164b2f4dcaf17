"""Texts of a PNG: `tEXt`, `zTXt` and `iTXt` chunks, and `comf`, which ComfyUI writes into animations."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from .source import Source, plain

KINDS = (b"tEXt", b"zTXt", b"iTXt", b"comf")


def texts(source: Source) -> Iterator[tuple[str, str]]:
    """Each text with its keyword."""
    source.skip(8)
    while source.at < source.size:
        size, kind = struct.unpack(">I4s", source.take(8))
        if kind == b"IEND":
            return
        if kind not in KINDS:
            source.skip(size + 4)
            continue
        keyword, _, rest = source.take(size).partition(b"\0")
        source.skip(4)
        yield keyword.decode("latin-1"), text(source, kind, rest)


def text(source: Source, kind: bytes, rest: bytes) -> str:
    """The text of a chunk, behind its keyword."""
    if kind == b"zTXt":  # one byte for the method comes first
        return plain(source.inflate(rest[1:]))
    if kind == b"iTXt":  # two flags, a language and a translated keyword come first
        tail = rest[2:].split(b"\0", 2)[-1]
        return plain(source.inflate(tail) if rest[:1] == b"\1" else tail)
    return plain(rest)
