"""Quantised layers: which tensors are packed, how, and what they stand for (`data/quantization.toml`).

A packed weight is seen as what it holds: a layer of 3072 x 3072 in nvfp4 lies in the file as 3072 x 1536
bytes and is a tensor of 3072 x 3072 elements of F4 here. Its bytes stay those of the file.
"""

from __future__ import annotations

from functools import cache
from math import prod
from typing import Any

import msgspec

from .. import facts
from ..formats import Tensor, TensorTable, bits


class Layout(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One way to pack a layer's weight; the fields are explained in `data/quantization.toml`."""

    id: str
    weight: str
    stored: tuple[str, ...]
    holds: str
    scales: tuple[str, ...]
    source: str
    unpack: tuple[int, ...] = ()
    marked: str = ""
    option: str = ""
    beside: tuple[str, ...] = ()
    scale_types: tuple[str, ...] = ()
    note: str = ""


class Unpacked(msgspec.Struct, frozen=True):
    """A file's tensors as what they hold, and the layout's id of each quantised layer by its name."""

    tensors: dict[str, Tensor]
    layouts: dict[str, str]


@cache
def layouts() -> tuple[Layout, ...]:
    """Every row, in order: the first that fits a layer without a mark is its own."""
    table = facts.table("quantization")
    return tuple(msgspec.convert({"source": table["source"], **row}, Layout) for row in table["layout"])


@cache
def scale_names() -> frozenset[str]:
    """The last parts of names of tensors that belong to a quantised layer and are no parameters."""
    rows = (row.scales for row in layouts())
    return frozenset(facts.table("quantization")["scales"]).union(*rows)


@cache
def candidates() -> dict[tuple[str, str], tuple[Layout, ...]]:
    """The rows by the last part of the weight's name and its type in the file."""
    found: dict[tuple[str, str], list[Layout]] = {}
    for row in layouts():
        for dtype in row.stored:
            found.setdefault((row.weight, dtype), []).append(row)
    return {key: tuple(rows) for key, rows in found.items()}


@cache
def packing_types() -> frozenset[str]:
    """The types that quantised weights have in files."""
    return frozenset(dtype for _, dtype in candidates())


def unpack(table: TensorTable) -> Unpacked:
    """The tensors of a file as what they hold. Sizes in bytes are those of the file."""
    tensors = table.tensors
    packed = [t for t in tensors.values() if t.dtype in packing_types()]
    if not packed:
        return Unpacked(tensors, {})
    marks, likely = read_marks(table), possible("\n".join(tensors) + "\n")
    seen: dict[str, Tensor] = {}
    found: dict[str, str] = {}
    for tensor in packed:
        layer, _, last = tensor.name.rpartition(".")
        mark = mark_of(layer, marks) if marks else None
        rows = candidates() if mark else likely
        for row in rows.get((last, tensor.dtype), ()):
            if marked(row, mark) if mark else fits(row, layer, tensors):
                found[layer] = row.id
                seen[tensor.name] = as_held(tensor, row, layer, table.notes)
                break
    return Unpacked({**tensors, **seen} if seen else tensors, found)


def possible(names: str) -> dict[tuple[str, str], tuple[Layout, ...]]:
    """Those of `candidates` whose neighbours' names occur in a file at all; `names`: a line each."""
    likely = {
        row.id
        for row in layouts()
        if row.beside and all(any(f"{name}\n" in names for name in some.split("|")) for some in row.beside)
    }
    return {key: tuple(row for row in rows if row.id in likely) for key, rows in candidates().items()}


def marked(row: Layout, mark: dict[str, Any]) -> bool:
    """Whether a layer's own mark names this layout."""
    options = {**mark, **(mark["params"] if isinstance(mark.get("params"), dict) else {})}
    named = bool(row.marked) and mark.get("format") == row.marked
    return named and (not row.option or options.get(row.option) is True)


def fits(row: Layout, layer: str, tensors: dict[str, Tensor]) -> bool:
    """Whether a layer without a mark lies in this layout, by its neighbours."""
    first: Tensor | None = None
    for names in row.beside:
        neighbour = beside_it(layer, names, tensors)
        if neighbour is None:
            return False
        first = first or neighbour
    return first is not None and (not row.scale_types or first.dtype in row.scale_types)


def beside_it(layer: str, names: str, tensors: dict[str, Tensor]) -> Tensor | None:
    """The layer's own tensor of one of the names that `|` parts, or None."""
    for name in names.split("|"):
        found = tensors.get(f"{layer}.{name}" if layer else name)
        if found is not None:
            return found
    return None


def as_held(tensor: Tensor, row: Layout, layer: str, notes: dict[str, bytes]) -> Tensor:
    """A packed weight as a tensor of what it holds; of the same bytes."""
    if tensor.dtype == row.holds:
        return tensor
    factors = (1,) * (len(tensor.shape) - len(row.unpack)) + row.unpack[-len(tensor.shape) :]
    shape = tuple(side * factor for side, factor in zip(tensor.shape, factors, strict=False))
    told = noted_shape(notes.get(f"{layer}.{row.note}", b"")) if row.note else ()
    if told and prod(told) * bits()[row.holds] == tensor.nbytes * 8:
        shape = told
    return Tensor(tensor.name, row.holds, shape)


def noted_shape(note: bytes) -> tuple[int, ...]:
    """The layer's shape as bitsandbytes notes it; empty where it does not."""
    return read_json(note, Noted).shape if note else ()


class Noted(msgspec.Struct):
    """What is used of a bitsandbytes note."""

    shape: tuple[int, ...] = ()


class Metadata(msgspec.Struct):
    """What is used of ComfyUI's `_quantization_metadata`: its marks by layer."""

    layers: dict[str, dict[str, Any]] = {}


def read_json(text: bytes | str, kind: Any) -> Any:
    """JSON of a type; its empty value where it is none, since a mark is a hint and no part of the format."""
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return kind()


def read_marks(table: TensorTable) -> dict[str, dict[str, Any]]:
    """ComfyUI's own marks: the JSON of each layer's `comfy_quant`, or of the file's metadata."""
    ending = ".comfy_quant"
    text = table.metadata.get("_quantization_metadata", "{}")
    marks = {
        name.removesuffix(ending): read_json(note, dict[str, Any])
        for name, note in table.notes.items()
        if name.endswith(ending)
    }
    return {**read_json(text, Metadata).layers, **marks}


def mark_of(layer: str, marks: dict[str, dict[str, Any]]) -> dict[str, Any] | None:
    """A layer's mark; metadata may leave out the prefix that a checkpoint puts before its names."""
    while marks and layer not in marks and "." in layer:
        layer = layer.partition(".")[2]
    return marks.get(layer) or None
