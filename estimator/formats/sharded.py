"""Models in several files: a sharded index beside its shards, and diffusers folders; each is one model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from .. import facts
from ..errors import FormatError
from .table import Problem, Tensor, TensorTable

Read = Callable[[Path], TensorTable]
Part = tuple[str, TensorTable]


class Index(msgspec.Struct):
    """What is used of `*.safetensors.index.json`: the shard's file name of each tensor."""

    weight_map: dict[str, str]


def is_sharded(path: Path) -> bool:
    """Whether `path` stands for a model in several files."""
    return path.name.endswith(facts.table("formats")["sharded"]["index_ending"]) or path.is_dir()


def read(path: Path, read_file: Read) -> TensorTable:
    """The one table of an index or of a diffusers folder, whose files `read_file` reads.

    Sizes are sums over the files, in bytes. A shard that is missing or broken is a problem of the table, and
    the others count. Raises `FormatError` for a folder that is no model and an index that cannot be read.
    """
    if not path.is_dir():
        return read_index(path, read_file)
    rule = facts.table("formats")["sharded"]
    if (path / rule["pipeline"]).is_file():
        folders = sorted(one for one in path.iterdir() if one.is_dir() and weights_of(one))
        if folders:
            parts = [(f"{one.name}.", read_part(one, read_file)) for one in folders]
            return together(path, "diffusers", parts)
    elif (path / rule["config"]).is_file() and weights_of(path):
        return together(path, "diffusers", [("", read_part(path, read_file))])
    raise FormatError("folder", "is a folder without a model of its own", where=str(path), do="Name a file.")


def weights_of(folder: Path) -> Path | None:
    """The index or the one file that holds a component folder's weights; plain files before variants."""
    names = sorted((one.name for one in folder.iterdir()), key=lambda name: (name.count("."), name))
    endings = facts.table("formats")["sharded"]["component_endings"]
    return next((folder / name for ending in endings for name in names if name.endswith(ending)), None)


def read_part(folder: Path, read_file: Read) -> TensorTable:
    """The table of a component folder that has weights; a broken file is a problem of an empty table."""
    weights = weights_of(folder) or folder
    try:
        return read_index(weights, read_file) if is_sharded(weights) else read_file(weights)
    except FormatError as error:
        return broken(weights, error)


def read_index(path: Path, read_file: Read) -> TensorTable:
    """The table of an index and its shards."""
    shards: dict[str, set[str]] = {}
    for name, file in decode(path).weight_map.items():
        shards.setdefault(file, set()).add(name)
    parts = [("", read_shard(path, file, names, read_file)) for file, names in shards.items()]
    return together(path, "sharded", parts)


def decode(path: Path) -> Index:
    """The index, its size and the names in it checked: a shard lies beside its index."""
    rule = facts.table("formats")["sharded"]
    where, again = str(path), "Download it again."
    with path.open("rb") as file:
        text = file.read(rule["max_index_bytes"] + 1)
    if len(text) > rule["max_index_bytes"]:
        raise FormatError("index-invalid", "is too large for an index of shards", where=where, do=again)
    try:
        index = msgspec.json.decode(text, type=Index)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise FormatError(
            "index-invalid", f"has no readable weight_map ({error})", where=where, do=again
        ) from None
    for name in set(index.weight_map.values()):
        if not name or name in (".", "..") or set(name) & set("/\\:\0"):
            raise FormatError(
                "index-invalid", f"names a shard outside its folder: `{name}`", where=where, do=again
            )
    return index


def read_shard(index: Path, name: str, expected: set[str], read_file: Read) -> TensorTable:
    """One shard's table, with a problem where it is broken or lacks tensors that the index says it has."""
    try:
        table = read_file(index.parent / name)
    except FormatError as error:
        return broken(index.parent / name, error)
    absent = sorted(expected - table.tensors.keys())
    if not absent:
        return table
    message = f"{table.path}: lacks `{absent[0]}`, which the index says it has. Download it again."
    return msgspec.structs.replace(table, problems=(Problem("shard-incomplete", message, "error"),))


def broken(path: Path, error: FormatError) -> TensorTable:
    """What stands for a part that cannot be read."""
    code = "shard-missing" if error.code == "missing" else error.code
    return TensorTable(str(path), "", 0, 0, {}, {}, (Problem(code, str(error), "error"),))


def together(path: Path, kind: str, parts: list[Part]) -> TensorTable:
    """One table of several, each under its prefix."""
    tensors: dict[str, Tensor] = {}
    notes: dict[str, bytes] = {}
    metadata: dict[str, str] = {}
    for prefix, table in parts:
        named = ((prefix + name, tensor) for name, tensor in table.tensors.items())
        tensors.update((name, Tensor(name, tensor.dtype, tensor.shape)) for name, tensor in named)
        notes.update((prefix + name, note) for name, note in table.notes.items())
        metadata.update(table.metadata)
    return TensorTable(
        str(path),
        kind,
        sum(table.file_bytes for _, table in parts),
        sum(table.header_bytes for _, table in parts),
        metadata,
        tensors,
        tuple(problem for _, table in parts for problem in table.problems),
        notes=notes,
        shared_bytes=sum(table.shared_bytes for _, table in parts),
    )
