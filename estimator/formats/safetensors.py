"""safetensors: eight bytes of header length, a JSON header, then the weights end to end.

Specification: https://github.com/huggingface/safetensors#format. Everything the header claims is checked
before it is believed, and no more is read or allocated than the header's own length.
"""

from __future__ import annotations

import os
from math import prod
from pathlib import Path
from typing import BinaryIO

import msgspec

from .. import facts
from ..errors import FormatError
from ..units import amount
from .table import Tensor, TensorTable, bits

AGAIN = "Download it again."
LENGTH_BYTES = 8


class Entry(msgspec.Struct):
    """One tensor as the header has it; offsets count from the end of the header."""

    dtype: str
    shape: tuple[int, ...]
    data_offsets: tuple[int, int]


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
    header = file.read(length)
    entries, metadata = decode(header, where)
    header_bytes = LENGTH_BYTES + length
    check_extents(entries, header_bytes, file_bytes, where)
    tensors = {name: Tensor(name, entry.dtype, entry.shape) for name, entry in entries.items()}
    return TensorTable(where, "safetensors", file_bytes, header_bytes, metadata, tensors)


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


def decode(header: bytes, where: str) -> tuple[dict[str, Entry], dict[str, str]]:
    """The header's tensors by name, and its metadata."""
    try:
        raw = msgspec.json.decode(header, type=dict[str, msgspec.Raw])
        raw.pop("__metadata__", None)
        metadata = msgspec.json.decode(header, type=Metadata).values
        entries = {name: msgspec.json.decode(entry, type=Entry) for name, entry in raw.items()}
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise FormatError(
            "header-invalid", f"has no readable safetensors header ({error})", where=where, do=AGAIN
        ) from None
    return entries, metadata


def check_extents(entries: dict[str, Entry], header_bytes: int, file_bytes: int, where: str) -> None:
    """Refuse tensors whose type, shape and place disagree, overlap, leave holes or pass the file's end."""
    end = 0
    for name, entry in sorted(entries.items(), key=lambda item: item[1].data_offsets):
        begin, stop = entry.data_offsets
        check_entry(name, entry, stop - begin, where)
        if begin != end:
            fault = "overlaps another" if begin < end else "leaves a hole before it"
            raise FormatError("extents", f"tensor `{name}` {fault}", where=where, do=AGAIN)
        end = stop
    if header_bytes + end > file_bytes:
        raise cut_short(file_bytes, header_bytes + end, where)
    if header_bytes + end < file_bytes:
        raise FormatError(
            "trailing-bytes",
            f"holds {file_bytes - header_bytes - end} bytes past its last tensor",
            where=where,
            do=AGAIN,
        )


def check_entry(name: str, entry: Entry, extent: int, where: str) -> None:
    """Refuse a tensor of unknown type, negative shape, or of another size than its shape says."""
    if entry.dtype not in bits():
        raise FormatError(
            "dtype-unknown",
            f"tensor `{name}` has the unknown type {entry.dtype}",
            where=where,
            do="A newer version may know it.",
        )
    if any(side < 0 for side in entry.shape) or (prod(entry.shape) * bits()[entry.dtype] + 7) // 8 != extent:
        raise FormatError(
            "shape", f"tensor `{name}` does not have the size that its shape says", where=where, do=AGAIN
        )


def cut_short(found: int, expected: int, where: str) -> FormatError:
    """The error of a file that ends before its weights do."""
    return FormatError(
        "cut-short", f"is cut short: {amount(found)} of {amount(expected)}", where=where, do=AGAIN
    )
