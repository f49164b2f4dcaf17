"""The frames of a GIF, counted by their headers (https://www.w3.org/Graphics/GIF/spec-gif89a.txt).

Pillow counts them too, but without an end: a file of empty frames would keep it busy for minutes.
"""

from __future__ import annotations

from contextlib import suppress
from typing import BinaryIO

from .. import facts
from ..errors import InputError

FRAME, EXTENSION = 0x2C, 0x21
TABLE = 0x80  # the flag of a table of colours, whose size the lowest three bits say


def frames(file: BinaryIO) -> int:
    """How many frames there are; of a file that is cut short, those that begin before that."""
    file.seek(0)
    content = file.read()
    count, left = 0, facts.table("containers")["limits"]["gif_blocks"]
    with suppress(IndexError):
        at = 13 + table(content[10])
        while left and content[at] in (FRAME, EXTENSION):
            count += content[at] == FRAME
            at += 11 + table(content[at + 9]) if content[at] == FRAME else 2
            while left and (length := content[at]):
                at, left = at + 1 + length, left - 1
            at, left = at + 1, max(left - 1, 0)
    if not left:
        raise InputError("a GIF of more parts than any picture has", do="Save it again.")
    return max(count, 1)


def table(flags: int) -> int:
    """Bytes of the table of colours that these flags announce."""
    return 3 << (flags & 7) + 1 if flags & TABLE else 0
