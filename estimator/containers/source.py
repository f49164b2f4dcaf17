"""A file that may say anything of itself: what it claims is checked first, and reads are counted."""

from __future__ import annotations

import os
import zlib
from typing import BinaryIO

from .. import facts


class Broken(Exception):
    """A file that ends before what it promises, or promises more than any real one; says which."""


class Source:
    """An open file; `at` is where the next read starts, `size` where the file ends, in bytes."""

    def __init__(self, file: BinaryIO) -> None:
        """Reads start at the file's first byte, wherever it stood."""
        limits = facts.table("containers")["limits"]
        self.file = file
        self.size = file.seek(0, os.SEEK_END)
        self.at = file.seek(0)
        self.left: int = limits["text_bytes"]
        self.least: int = limits["read_bytes"]

    def take(self, size: int) -> bytes:
        """The next `size` bytes. Raises `Broken` where there are fewer, or too many were read already."""
        if not 0 <= size <= self.size - self.at:
            raise Broken("cut short")
        self.spend(max(size, self.least))
        self.file.seek(self.at)
        self.at += size
        return self.file.read(size)

    def spend(self, size: int) -> None:
        """Count bytes against what one file may ask for."""
        self.left -= size
        if self.left < 0:
            raise Broken("more text than any workflow has")

    def go(self, at: int) -> None:
        """Read on from another place."""
        self.at = at

    def skip(self, size: int) -> None:
        """Leave out the next `size` bytes."""
        self.at += size

    def number(self, size: int) -> int:
        """The next `size` bytes as one number, the most significant first."""
        return int.from_bytes(self.take(size), "big")

    def inflate(self, packed: bytes, window: int = zlib.MAX_WBITS) -> bytes:
        """What zlib packed, as much of it as is there; nothing where it is not zlib's."""
        machine = zlib.decompressobj(window)
        try:
            found = machine.decompress(packed, max(self.left, 1))
        except zlib.error:
            return b""
        self.spend(len(found) + (self.left if machine.unconsumed_tail else 0))
        return found


def plain(raw: bytes) -> str:
    """Text as UTF-8, or Latin-1 where it is not; the end that some formats mark by zeros is cut off."""
    try:
        return raw.rstrip(b"\0").decode("utf-8")
    except UnicodeDecodeError:
        return raw.rstrip(b"\0").decode("latin-1")
