"""Texts of sound: Vorbis comments in FLAC and Ogg, and the `TXXX` and `COMM` frames of an MP3's ID3 tag.

Specifications: https://xiph.org/vorbis/doc/v-comment.html, RFC 9639 section 8, RFC 3533, id3.org.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from .source import Source, plain

FIRST_PACKETS = 16
COMMENTS = 4  # a FLAC's type of metadata block
HEADS = (b"OpusTags", b"\x03vorbis", b"\x81theora")
ENCODINGS = ("latin-1", "utf-16", "utf-16-be", "utf-8")  # of an ID3 frame, by its first byte


def flac(source: Source) -> Iterator[tuple[str, str]]:
    """The texts of a FLAC."""
    source.skip(4)
    last = False
    while not last:
        kind, size = source.number(1), source.number(3)
        last = bool(kind & 0x80)
        if kind & 0x7F == COMMENTS:
            yield from comments(source, source.take(size))
        else:
            source.skip(size)


def ogg(source: Source) -> Iterator[tuple[str, str]]:
    """The texts of an Ogg: one of the first packets, after those that say what each stream is."""
    packets = 0
    packet = bytearray()
    while packets < FIRST_PACKETS:
        lacing = page(source)
        for length in lacing:
            packet += source.take(length)
            if length == 255:  # goes on
                continue
            packets += 1
            head = next((one for one in HEADS if packet.startswith(one)), None)
            if head:
                yield from comments(source, bytes(packet[len(head) :]))
                return
            packet.clear()


def page(source: Source) -> bytes:
    """The lengths of a page's pieces, with the source standing at the first of them."""
    source.skip(26)
    return source.take(source.number(1))


def comments(source: Source, block: bytes) -> Iterator[tuple[str, str]]:
    """Each of a block's comments, `name=text`."""
    at = 4 + number(block, 0)
    count = number(block, at)
    for _ in range(min(count, len(block) // 4)):
        source.spend(source.least)
        size = number(block, at + 4)
        name, _, text = block[at + 8 : at + 8 + size].partition(b"=")
        at += 4 + size
        yield plain(name), plain(text)


def number(block: bytes, at: int) -> int:
    """Four bytes as a number, the least significant first; past the end there is none."""
    return int.from_bytes(block[at : at + 4], "little")


def mp3(source: Source) -> Iterator[tuple[str, str]]:
    """The texts of the ID3 tag that an MP3 begins with."""
    _, version, _, flags = struct.unpack(">3sBBB", source.take(6))
    tag = source.take(sevens(source.take(4)))
    if flags & 0x80:  # bytes that look like sound were marked by a zero
        tag = tag.replace(b"\xff\0", b"\xff")
    at = 0
    while tag[at : at + 1] not in (b"", b"\0"):
        source.spend(source.least)
        kind, length = tag[at : at + 4], tag[at + 4 : at + 8]
        size = sevens(length) if version > 3 else int.from_bytes(length, "big")
        body = tag[at + 10 : at + 10 + size]
        at += 10 + size
        if kind == b"TXXX":
            yield pair(body, 1)
        elif kind == b"COMM":
            name, text = pair(body, 4)
            yield name or "comment", text


def sevens(raw: bytes) -> int:
    """A number of which each byte carries seven bits."""
    value = 0
    for one in raw:
        value = value << 7 | (one & 0x7F)
    return value


def pair(body: bytes, start: int) -> tuple[str, str]:
    """Description and text of a frame, which begins with the number of their encoding."""
    encoding = ENCODINGS[body[0] if body[:1] < b"\4" and body else 0]
    text = body[start:].decode(encoding, "replace")
    name, _, rest = text.partition("\0")
    return name, rest.lstrip("\ufeff").rstrip("\0")
