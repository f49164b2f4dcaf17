"""safetensors: eight bytes of header length, a JSON header, then the weights end to end.

Specification: https://github.com/huggingface/safetensors#format. Everything the header claims is checked
before it is believed, and no more is read or allocated than the header's own length. A header as the
`safetensors` library writes it is decoded in one typed pass; any other is decoded entry by entry, which
accepts the same files more slowly and says what is wrong with the rest.
"""

from __future__ import annotations

import hashlib
import os
from functools import cache
from math import prod
from operator import getitem
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal

import msgspec

from .. import facts
from ..errors import FormatError
from ..units import amount
from .notes import read_notes
from .table import Tensor, TensorTable

AGAIN = "Download it again."
LENGTH_BYTES = 8
OPENING = b'{"__metadata__":'
Size = Annotated[int, msgspec.Meta(ge=0)]
UNREADABLE = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)
Decoded = tuple[dict[str, "Entry"], dict[str, str]]


class Span(msgspec.Struct, array_like=True, forbid_unknown_fields=True, order=True, gc=False):
    """Where a tensor's bytes are, counted from the end of the header."""

    begin: Size
    end: Size


class Entry(msgspec.Struct, gc=False):
    """One tensor as the header has it."""

    dtype: str
    shape: tuple[Size, ...]
    data_offsets: Span


class Metadata(msgspec.Struct, rename={"values": "__metadata__"}):
    """The header's free-form strings, beside the tensors."""

    values: dict[str, str] = {}


def claims(start: bytes) -> bool:
    """Whether a file's first bytes are a header's length, below four gigabytes, and the JSON's beginning."""
    return start[4 : LENGTH_BYTES + 1] == b"\0\0\0\0{"


def read(file: BinaryIO, path: Path) -> TensorTable:
    """The table of an open file, positioned at its start.

    Raises `FormatError` naming `path` where the header or the file's length does not hold.
    """
    where = str(path)
    file_bytes = os.fstat(file.fileno()).st_size
    length = header_length(file.read(LENGTH_BYTES), file_bytes, where)
    header = bytearray(length)
    if file.readinto(header) != length:  # type: ignore[attr-defined]
        raise cut_short(file_bytes, LENGTH_BYTES + length, where)
    entries, metadata = decode(header, where)
    header_bytes = LENGTH_BYTES + length
    check_extents(entries, header_bytes, file_bytes, where)
    notes = read_notes(file, header, entries, header_bytes)
    tensors = as_tensors(entries)
    return TensorTable(where, "safetensors", file_bytes, header_bytes, metadata, tensors, notes=notes)


def as_tensors(entries: dict[str, Any]) -> dict[str, Tensor]:
    """The entries made into tensors one by one in the same dictionary, so that not all are held twice."""
    for name, entry in entries.items():
        entries[name] = Tensor(name, entry.dtype, entry.shape)
    return entries


class Alike(msgspec.Struct, frozen=True):
    """What tells files apart whose tensors are the same: `key` is equal for those. Sizes in bytes."""

    key: tuple[bytes, int]
    header_bytes: int
    file_bytes: int


def alike(path: Path) -> Alike | None:
    """The digest of a file's tensors as its header lists them, its other metadata left out.

    None where a header must be read to be known: an unusual layout, marks of quantised layers, a broken file.
    """
    try:
        with path.open("rb") as file:
            file_bytes = os.fstat(file.fileno()).st_size
            header = file.read(header_length(file.read(LENGTH_BYTES), file_bytes, str(path)))
    except (OSError, FormatError):
        return None
    end = header.find(b"},") + 1 if header.startswith(OPENING) else 0
    if b'"U8"' in header or b"_quantization_metadata" in header[:end] or header.count(OPENING[1:-1]) > 1:
        return None
    try:
        msgspec.json.decode(header[len(OPENING) : end] or b"{}", type=dict[str, str])
    except UNREADABLE:
        return None
    header_bytes = LENGTH_BYTES + len(header)
    key = hashlib.sha256(memoryview(header)[end:]).digest(), file_bytes - header_bytes
    return Alike(key, header_bytes, file_bytes)


def header_length(start: bytes, file_bytes: int, where: str) -> int:
    """The header's length from a file's first eight bytes, within the format's and the file's bounds."""
    impostor(start, where)
    length = int.from_bytes(start, "little")
    if len(start) < LENGTH_BYTES or length < 2:
        raise FormatError("not-safetensors", "is not a safetensors file", where=where, do=AGAIN)
    if length > facts.table("formats")["safetensors"]["max_header_bytes"]:
        raise FormatError(
            "header-too-large", f"claims a header of {amount(length)}: not safetensors", where=where, do=AGAIN
        )
    if LENGTH_BYTES + length > file_bytes:
        raise cut_short(file_bytes, LENGTH_BYTES + length, where)
    return length


def impostor(start: bytes, where: str) -> None:
    """Refuse a file whose first bytes are those of something else, saying what it is."""
    for row in facts.table("formats")["impostor"]:
        sign = row["starts"].encode()[:LENGTH_BYTES]
        if start[: len(sign)].lower() == sign.lower():
            raise FormatError(row["code"], row["says"], where=where, do=row["do"])


def decode(header: bytearray, where: str) -> Decoded:
    """The header's tensors by name, and its metadata. `header` may be changed."""
    try:
        return at_once(header) or one_by_one(header)
    except UNREADABLE as error:
        raise FormatError(
            "header-invalid", f"has no readable safetensors header ({error})", where=where, do=AGAIN
        ) from None


def at_once(header: bytearray) -> Decoded | None:
    """Everything in one pass; None where the header is not laid out as the library writes it, or is wrong.

    Metadata stands first there. It is cut off in place, since its keys may look like an entry's fields.
    """
    metadata: dict[str, str] = {}
    end = header.find(b"},") + 1 if header.startswith(OPENING) else 0
    first = header[end]
    try:
        if end:
            metadata = msgspec.json.decode(memoryview(header)[len(OPENING) : end], type=dict[str, str])
            header[end] = ord("{")
        entries = known_entries().decode(memoryview(header)[end:])
    except UNREADABLE:
        return None
    finally:
        header[end] = first
    return None if "__metadata__" in entries else (entries, metadata)


@cache
def known_entries() -> msgspec.json.Decoder[dict[str, Entry]]:
    """A decoder of entries of known types: each type's name is one object, however often it occurs."""
    names: Any = getitem(Literal, tuple(facts.table("dtypes")["bits"]))
    known = msgspec.defstruct("Known", [("dtype", names)], bases=(Entry,), gc=False)
    return msgspec.json.Decoder(dict[str, known])  # type: ignore[valid-type]


def one_by_one(header: bytearray) -> Decoded:
    """The same of any header, each entry decoded apart."""
    raw = msgspec.json.decode(header, type=dict[str, msgspec.Raw])
    raw.pop("__metadata__", None)
    metadata = msgspec.json.decode(header, type=Metadata).values
    return {name: msgspec.json.decode(entry, type=Entry) for name, entry in raw.items()}, metadata


def check_extents(entries: dict[str, Entry], header_bytes: int, file_bytes: int, where: str) -> None:
    """Refuse tensors whose type, shape and place disagree, overlap, leave holes or pass the file's end."""
    width = facts.table("dtypes")["bits"].get
    end = 0
    for entry in entries.values():  # as the library writes them: in the order of their places
        span = entry.data_offsets
        if span.begin != end or (span.end - end) * 8 != prod(entry.shape) * width(entry.dtype, -1):
            end = find_fault(entries, where)
            break
        end = span.end
    if header_bytes + end > file_bytes:
        raise cut_short(file_bytes, header_bytes + end, where)
    if header_bytes + end < file_bytes:
        raise FormatError(
            "trailing-bytes",
            f"holds {file_bytes - header_bytes - end} bytes past its last tensor",
            where=where,
            do=AGAIN,
        )


def find_fault(entries: dict[str, Entry], where: str) -> int:
    """The last tensor's end where entries stand in another order; else raises what is wrong."""
    end = 0
    for name, entry in sorted(entries.items(), key=lambda item: item[1].data_offsets):
        span = entry.data_offsets
        check_entry(name, entry, span.end - span.begin, where)
        if span.begin != end:
            fault = "overlaps another" if span.begin < end else "leaves a hole before it"
            raise FormatError("extents", f"tensor `{name}` {fault}", where=where, do=AGAIN)
        end = span.end
    return end


def check_entry(name: str, entry: Entry, extent: int, where: str) -> None:
    """Refuse a tensor of unknown type, or of another size than its shape says."""
    widths = facts.table("dtypes")["bits"]
    if entry.dtype not in widths:
        raise FormatError(
            "dtype-unknown",
            f"tensor `{name}` has the unknown type {entry.dtype}",
            where=where,
            do="A newer version may know it.",
        )
    if prod(entry.shape) * widths[entry.dtype] != extent * 8:
        raise FormatError(
            "shape", f"tensor `{name}` does not have the size that its shape says", where=where, do=AGAIN
        )


def cut_short(found: int, expected: int, where: str) -> FormatError:
    """The error of a file that ends before its weights do."""
    return FormatError(
        "cut-short", f"is cut short: {amount(found)} of {amount(expected)}", where=where, do=AGAIN
    )
