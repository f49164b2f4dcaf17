"""GGUF: counts, metadata, tensor infos, then the weights in blocks.

Specification: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. Versions 2 and 3, little-endian.
A header does not say how long it is: it is read in growing pieces, arrays (tokenizers) are stepped over.
"""

from __future__ import annotations

import struct
from functools import cache
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from .. import facts
from ..errors import FormatError
from ..units import amount
from .faults import AGAIN, cut_short, invalid, too_large, unknown_type, unsupported, wrong_size
from .table import Tensor, TensorTable, blocks, size

MAGIC = b"GGUF"
FIRST_PIECE = 1 << 16
STRING, ARRAY = "STRING", "ARRAY"
# ComfyUI-GGUF's converter keeps the shape of a tensor that it had to reshape under this name.
ORIGINAL_SHAPE = "comfy.gguf.orig_shape."


class Info(msgspec.Struct, frozen=True):
    """One tensor of the header, its shape in torch's order; `offset` counts from the start of the weights."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    offset: int

    @property
    def end(self) -> int:
        """Where the tensor ends, from the start of the weights."""
        return self.offset + size(prod(self.shape), self.dtype)


@cache
def types() -> dict[int, str]:
    """The name of each tensor type by its number."""
    return {row["id"]: row["name"] for row in facts.table("ggml_types")["type"]}


@cache
def values() -> dict[int, tuple[str, str]]:
    """Name and `struct` letter of each type of metadata by its number."""
    return {row["id"]: (row["name"], row["code"]) for row in facts.table("ggml_types")["value"]}


def claims(start: bytes) -> bool:
    """Whether a file's first bytes are those of GGUF."""
    return start.startswith(MAGIC)


def read(file: BinaryIO, path: Path) -> TensorTable:
    """The table of an open file, positioned at its start.

    Raises `FormatError` naming `path` where the header or the file's length does not hold.
    """
    cursor = Cursor(file, str(path))
    tensor_count, entry_count = counts(cursor)
    metadata, shapes = read_metadata(cursor, entry_count)
    infos = [read_info(cursor, shapes) for _ in range(tensor_count)]
    start = aligned(cursor, metadata)
    check_extents(infos, start, cursor)
    tensors = {info.name: Tensor(info.name, info.dtype, info.shape) for info in infos}
    if len(tensors) < len(infos):
        raise invalid("has two tensors of one name", cursor.where)
    return TensorTable(cursor.where, "gguf", cursor.file_bytes, start, metadata, tensors)


class Cursor:
    """A place in the header; what lies past the bytes at hand is read from the file when it is needed."""

    def __init__(self, file: BinaryIO, where: str) -> None:
        """At the file's start."""
        self.file, self.where, self.at = file, where, 0
        self.limits: dict[str, int] = facts.table("formats")["gguf"]["limits"]
        self.file_bytes = file.seek(0, 2)
        file.seek(0)
        self.window = file.read(FIRST_PIECE)

    def reach(self, end: int) -> None:
        """Have the file's bytes up to `end` at hand. Raises `FormatError` past its end or the limit."""
        if end <= len(self.window):
            return
        limit = self.limits["header_bytes"]
        if end > self.file_bytes:
            raise cut_short(self.file_bytes, end, self.where)
        if end > limit:
            raise too_large(f"has a header of more than {amount(limit)}", self.where)
        target = min(max(end, 2 * len(self.window)), self.file_bytes, limit)
        self.window += self.file.read(target - len(self.window))
        if end > len(self.window):
            raise cut_short(len(self.window), end, self.where)

    def take(self, code: str) -> tuple[Any, ...]:
        """The next values, by `struct` letters."""
        code = "<" + code
        start, self.at = self.at, self.at + struct.calcsize(code)
        self.reach(self.at)
        return struct.unpack_from(code, self.window, start)

    def number(self, code: str) -> int:
        """The next whole number: `I` of 4 bytes, `Q` of 8."""
        return int(self.take(code)[0])

    def bytes(self, length: int) -> bytes:
        """The next bytes."""
        start, self.at = self.at, self.at + length
        self.reach(self.at)
        return self.window[start : self.at]

    def name(self) -> str:
        """A key or a tensor's name."""
        length = self.number("Q")
        if length > self.limits["name_bytes"]:
            raise invalid(f"has a name of {length} bytes", self.where)
        try:
            return self.bytes(length).decode()
        except UnicodeDecodeError:
            raise invalid("has a name that is not UTF-8", self.where) from None

    def skip_strings(self, count: int) -> None:
        """Step over strings: a tokenizer has hundreds of thousands, so the loop is bare."""
        unpack, at = struct.Struct("<Q").unpack_from, self.at
        while count:
            window = self.window
            try:
                while count:
                    at += 8 + unpack(window, at)[0]
                    count -= 1
            except (struct.error, OverflowError):
                self.reach(at + 8)
        self.at = at


def counts(cursor: Cursor) -> tuple[int, int]:
    """How many tensors and metadata entries follow, for a version that is read."""
    magic, version = cursor.take("4sI")
    if magic != MAGIC:
        raise FormatError("not-gguf", "is not a GGUF file", where=cursor.where, do=AGAIN)
    if version.bit_length() > 16:
        raise unsupported("is a big-endian GGUF file, which ComfyUI cannot load", cursor.where)
    if version not in facts.table("formats")["gguf"]["versions"]:
        do = "Take a newer conversion of the model."
        raise unsupported(f"is of GGUF version {version}; 2 and 3 are read", cursor.where, do)
    found = cursor.number("Q"), cursor.number("Q")
    if max(found) > cursor.limits["entries"]:
        raise too_large(f"claims {found[0]} tensors and {found[1]} metadata entries", cursor.where)
    return found


def read_metadata(cursor: Cursor, count: int) -> tuple[dict[str, str], dict[str, tuple[int, ...]]]:
    """Scalars and short strings as text by key, and the original shapes of tensors that were reshaped."""
    texts: dict[str, str] = {}
    shapes: dict[str, tuple[int, ...]] = {}
    for _ in range(count):
        key, kind = cursor.name(), cursor.number("I")
        if kind not in values():
            raise invalid(f"has metadata `{key}` of the unknown type {kind}", cursor.where)
        name, code = values()[kind]
        if name == ARRAY and key.startswith(ORIGINAL_SHAPE):
            shapes[key.removeprefix(ORIGINAL_SHAPE)] = read_shape(cursor, key)
        elif name == ARRAY:
            skip_array(cursor, key)
        elif name != STRING:
            texts[key] = scalar(cursor.take(code)[0])
        elif (text := read_string(cursor)) is not None:
            texts[key] = text
    return texts, shapes


def scalar(value: object) -> str:
    """A number or a truth value as text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def read_string(cursor: Cursor) -> str | None:
    """A string's text; None for one too long to be a fact (a chat template)."""
    length = cursor.number("Q")
    if length <= cursor.limits["text_bytes"]:
        return cursor.bytes(length).decode(errors="replace")
    cursor.at += length
    return None


def array_head(cursor: Cursor, key: str) -> tuple[str, str, int]:
    """An array's type of elements, their `struct` letter, and how many there are."""
    kind, count = cursor.number("I"), cursor.number("Q")
    name, code = values().get(kind, ("", ""))
    if not code and name != STRING:
        raise invalid(f"has metadata `{key}`, an array of the unread type {name or kind}", cursor.where)
    least = cursor.at + count * (struct.calcsize("<" + code) if code else 8)
    if least > cursor.file_bytes:
        raise cut_short(cursor.file_bytes, least, cursor.where)
    if least > cursor.limits["header_bytes"]:
        raise too_large(f"has metadata `{key}` of {count} values", cursor.where)
    return name, code, count


def skip_array(cursor: Cursor, key: str) -> None:
    """Step over an array."""
    _, code, count = array_head(cursor, key)
    if code:
        cursor.at += count * struct.calcsize("<" + code)
    else:
        cursor.skip_strings(count)


def read_shape(cursor: Cursor, key: str) -> tuple[int, ...]:
    """A tensor's original shape, in torch's order."""
    _, code, count = array_head(cursor, key)
    if code not in tuple("bBhHiIqQ") or count > cursor.limits["dimensions"]:
        raise invalid(f"has metadata `{key}` that is no shape", cursor.where)
    return cursor.take(code * count)


def read_info(cursor: Cursor, shapes: dict[str, tuple[int, ...]]) -> Info:
    """The next tensor: GGUF counts the fastest dimension first, torch counts it last."""
    name, dimensions = cursor.name(), cursor.number("I")
    if dimensions > cursor.limits["dimensions"]:
        raise invalid(f"tensor `{name}` has {dimensions} dimensions", cursor.where)
    sides = cursor.take("Q" * dimensions)
    kind, offset = cursor.take("IQ")
    if kind not in types():
        raise unknown_type(name, f"number {kind}", cursor.where)
    dtype = types()[kind]
    stored = sides[::-1]
    shape = shapes.get(name, stored)
    row = sides[0] if sides else 1
    if row % blocks()[dtype][0] or prod(shape) != prod(stored) or min(shape, default=0) < 0:
        raise wrong_size(name, cursor.where)
    return Info(name, dtype, shape, offset)


def aligned(cursor: Cursor, metadata: dict[str, str]) -> int:
    """Where the weights begin, in bytes from the file's start; the cursor is at the header's end."""
    cursor.reach(cursor.at)
    step = alignment(metadata)
    if step < 1 or step & (step - 1) or step > cursor.limits["header_bytes"]:
        raise invalid(f"has the alignment {metadata['general.alignment']}", cursor.where)
    return -(-cursor.at // step) * step


def alignment(metadata: dict[str, str]) -> int:
    """Bytes to whose multiples the weights are aligned; 0 where the metadata has no number for it."""
    default: int = facts.table("formats")["gguf"]["alignment"]
    text = metadata.get("general.alignment", str(default))
    return int(text) if text.isdecimal() and len(text) < 20 else 0


def check_extents(infos: list[Info], start: int, cursor: Cursor) -> None:
    """Refuse tensors that overlap or pass the file's end; padding between them is normal."""
    end = 0
    for info in sorted(infos, key=lambda one: (one.offset, one.end)):
        if info.offset < end:
            raise FormatError(
                "extents", f"tensor `{info.name}` overlaps another", where=cursor.where, do=AGAIN
            )
        end = info.end
    if start + end > cursor.file_bytes and infos:
        raise cut_short(cursor.file_bytes, start + end, cursor.where)
