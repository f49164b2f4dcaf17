"""Published files that a workflow names before they are on disk: their headers, as stand-ins."""

from __future__ import annotations

from typing import Any

from .. import facts
from ..formats import Tensor, TensorTable
from .variants import Keeps, as_table, variant


def published(folder: str, name: str) -> TensorTable | None:
    """The header of the published file of that name, or None where none is known by it.

    The sizes of header and file are those of the tensors alone: nothing is read from a disk.
    """
    row = row_of(folder, name)
    if row is None or not ("header" in row or "like" in row):
        return None
    if "header" in row:
        return stand_in(name, row["header"])
    base = without(stand_in(name, row["like"]), tuple(row.get("lacks", ())))
    keeps = Keeps(row.get("kept_blocks", 0), tuple(row.get("keeps", ())), row.get("packs_all", False))
    return variant(base, row["storage"], keeps)


def row_of(folder: str, name: str) -> dict[str, Any] | None:
    """The row of `data/published/` for a file's name in one of ComfyUI's folders, or None."""
    own_name = name.replace("\\", "/").rpartition("/")[2]
    for table in facts.names("published"):
        for row in facts.table(table)["file"]:
            if row["folder"] == folder and own_name in row["names"]:
                found: dict[str, Any] = row
                return found
    return None


def without(table: TensorTable, starts: tuple[str, ...]) -> TensorTable:
    """A table without the tensors whose names begin so."""
    kept = [one for name, one in table.tensors.items() if not starts or not name.startswith(starts)]
    return as_table(table.path, kept, table.metadata)


def stand_in(name: str, header: str) -> TensorTable:
    """A table made from a header of `data/headers/`."""
    kept = facts.header(header)
    found = [Tensor(key, dtype, tuple(shape)) for key, (dtype, shape) in kept["tensors"].items()]
    return as_table(name, found, kept["metadata"])
