"""Texts in a PNG: ComfyUI writes the prompt and the workflow of an image into its `tEXt` chunks."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from .ui import limit

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def texts(png: bytes) -> dict[str, str]:
    """The texts of a PNG by keyword; what is cut short or not readable is left out."""
    found = {}
    for kind, body in chunks(png):
        keyword, _, rest = body.partition(b"\0")
        text = {b"tEXt": plain, b"zTXt": packed, b"iTXt": international}.get(kind, nothing)(rest)
        if text:
            found[keyword.decode("latin-1")] = text
    return found


def chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Each chunk's type and body."""
    at = len(SIGNATURE)
    while at + 8 <= len(png):
        size, kind = struct.unpack_from(">I4s", png, at)
        yield kind, png[at + 8 : at + 8 + size]
        at += 12 + size


def nothing(rest: bytes) -> str:
    """Of any other chunk."""
    return ""


def plain(rest: bytes) -> str:
    """The text of a `tEXt` chunk: Latin-1 by the standard, UTF-8 from some programs."""
    try:
        return rest.decode("utf-8")
    except UnicodeDecodeError:
        return rest.decode("latin-1")


def packed(rest: bytes) -> str:
    """The text of a `zTXt` chunk, behind one byte for the method."""
    try:
        return plain(zlib.decompressobj().decompress(rest[1:], limit("file_bytes")))
    except zlib.error:
        return ""


def international(rest: bytes) -> str:
    """The text of an `iTXt` chunk: two flags, a language and a translated keyword come first."""
    squeezed, tail = rest[:1] == b"\1", rest[2:].split(b"\0", 2)[-1]
    return packed(b"\0" + tail) if squeezed else plain(tail)
