"""Published files that a workflow names before they are on disk: their headers, as stand-ins."""

from __future__ import annotations

from functools import cache
from typing import Any

from .. import facts
from ..formats import Tensor, TensorTable
from .editions import edition, made_of, own_name
from .variants import Keeps, adapter_of, as_table, variant


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
    if "rank" in row:
        return adapter_of(base, row["rank"], row["storage"], tuple(row.get("lacks_words", ())))
    keeps = Keeps(row.get("kept_blocks", 0), tuple(row.get("keeps", ())), row.get("packs_all", False))
    return variant(base, row["storage"], keeps if keeps != Keeps() else None)


def row_of(folder: str, name: str) -> dict[str, Any] | None:
    """What is known of a file by its name in one of ComfyUI's folders, or None.

    That is its row of `data/published/`, or one made of what `data/variants/` says of it.
    """
    found = rows_by_name().get((folder, own_name(name)))
    if found is None and (other := edition(folder, name)):
        return made_of(other)
    return found


@cache
def rows_by_name() -> dict[tuple[str, str], dict[str, Any]]:
    """The rows of `data/published/`, by folder and name."""
    rows = (row for table in facts.names("published") for row in facts.table(table)["file"])
    return {(row["folder"], name): row for row in rows for name in row["names"]}


def without(table: TensorTable, starts: tuple[str, ...]) -> TensorTable:
    """A table without the tensors whose names begin so."""
    kept = [one for name, one in table.tensors.items() if not starts or not name.startswith(starts)]
    return as_table(table.path, kept, table.metadata)


def stand_in(name: str, header: str) -> TensorTable:
    """A table made from a header of `data/headers/`."""
    kept = facts.header(header)
    found = [Tensor(key, dtype, tuple(shape)) for key, (dtype, shape) in kept["tensors"].items()]
    return as_table(name, found, kept["metadata"])
