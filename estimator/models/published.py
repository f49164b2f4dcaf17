"""Published files that a workflow names before they are on disk: their headers, as stand-ins."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from .. import facts
from ..formats import Tensor, TensorTable

FLOATS = ("F32", "F16", "BF16")
BLOCK = re.compile(r"(^|\.)(\d+)\.")


def published(folder: str, name: str) -> TensorTable | None:
    """The header of the published file of that name, or None where none is known by it.

    The sizes of header and file are those of the tensors alone: nothing is read from a disk.
    """
    row = row_of(folder, name)
    if row is None or not ("header" in row or "like" in row):
        return None
    if "header" in row:
        return stand_in(name, row["header"])
    return stored_as(
        name, row["like"], row["storage"], row.get("kept_blocks", 0), row.get("packs_all", False)
    )


def row_of(folder: str, name: str) -> dict[str, Any] | None:
    """The row of `data/published/` for a file's name in one of ComfyUI's folders, or None."""
    own_name = name.replace("\\", "/").rpartition("/")[2]
    for table in facts.names("published"):
        for row in facts.table(table)["file"]:
            if row["folder"] == folder and own_name in row["names"]:
                found: dict[str, Any] = row
                return found
    return None


def stand_in(name: str, header: str) -> TensorTable:
    """A table made from a header of `data/headers/`."""
    kept = facts.header(header)
    found = [Tensor(key, dtype, tuple(shape)) for key, (dtype, shape) in kept["tensors"].items()]
    return as_table(name, found, kept["metadata"])


def stored_as(name: str, header: str, storage: str, kept: int = 0, everything: bool = False) -> TensorTable:
    """A header's model in another type by the rules of `data/storages.toml`: which layers is assumed.

    `kept`: so many blocks stay as they are; `everything`: layers outside of blocks are packed as well. Rows
    say so where the published size does.
    """
    rule = facts.table("storages")["storage"][storage]
    found: list[Tensor] = []
    marks: dict[str, Any] = {}
    for tensor in stand_in(name, header).tensors.values():
        if "all" in rule:
            dtype = rule["all"] if tensor.dtype in FLOATS else tensor.dtype
            found.append(Tensor(tensor.name, dtype, tensor.shape))
        elif packable(tensor, rule["least"], kept, everything):
            layer = tensor.name.rpartition(".")[0]
            found += packed(tensor, layer, rule)
            marks |= {layer: rule["mark"]} if "mark" in rule else {}
        else:
            found.append(tensor)
    layers = msgspec.json.encode({"layers": marks}).decode()
    return as_table(name, found, {"_quantization_metadata": layers} if marks else {})


def packable(tensor: Tensor, least: int, kept: int, everything: bool) -> bool:
    """Whether a quantised file packs it: the weight of a layer that stands in a numbered block."""
    large = len(tensor.shape) == 2 and min(tensor.shape) >= least
    block = BLOCK.search(tensor.name)
    inside = int(block[2]) >= kept if block else everything
    return large and tensor.name.endswith(".weight") and inside


def packed(tensor: Tensor, layer: str, rule: dict[str, Any]) -> list[Tensor]:
    """The packed weight and its scales."""
    rows, columns = tensor.shape
    down, across = rule.get("sides", (1, 1))
    found = [Tensor(tensor.name, rule["weights"], (rows // down, columns // across))]
    for last, (dtype, *sides) in rule["scales"].items():
        found.append(Tensor(f"{layer}.{last}", dtype, tuple(side_of(one, rows, columns) for one in sides)))
    return found


def side_of(side: str, rows: int, columns: int) -> int:
    """`rows`, `columns`, or one of them divided: `columns/16`."""
    name, _, by = side.partition("/")
    return {"rows": rows, "columns": columns}[name] // int(by or 1)


def as_table(name: str, tensors: list[Tensor], metadata: dict[str, str]) -> TensorTable:
    """A table of these tensors that no disk holds."""
    size = sum(tensor.nbytes for tensor in tensors)
    return TensorTable(name, "published", size, 0, metadata, {one.name: one for one in tensors})
