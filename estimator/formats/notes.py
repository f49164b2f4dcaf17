"""The few tensors whose values are read: small texts that say how a quantised layer is packed."""

from __future__ import annotations

from typing import Any, BinaryIO

from .. import facts


def read_notes(
    file: BinaryIO, header: bytearray, entries: dict[str, Any], header_bytes: int
) -> dict[str, bytes]:
    """The contents of tensors that are notes, by name, within the bounds of `data/formats.toml`.

    `entries` have a `dtype` and `data_offsets`, which count from `header_bytes`. All notes together are at
    most as large as the header, so that a file cannot make its reader hold more than it announces.
    """
    rule = facts.table("formats")["safetensors"]["notes"]
    endings = tuple(rule["endings"])
    if f'"{rule["dtype"]}"'.encode() not in header:
        return {}
    notes: dict[str, bytes] = {}
    left = len(header)
    for name, entry in entries.items():
        if entry.dtype != rule["dtype"] or not name.endswith(endings):
            continue
        span = entry.data_offsets
        length = span.end - span.begin
        if length <= min(rule["max_bytes"], left):
            file.seek(header_bytes + span.begin)
            notes[name] = file.read(length)
            left -= length
    return notes
