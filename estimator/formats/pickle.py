"""PyTorch checkpoints: a zip archive with a pickle of tensors' descriptions, or the older bare stream.

Layouts: https://github.com/pytorch/pytorch/blob/main/torch/serialization.py (`_save`, `_legacy_save`).
Nothing is unpickled in Python's sense: see `pickle_machine`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from .. import facts
from ..errors import FormatError
from ..units import amount
from . import archive
from .faults import AGAIN, cut_short, invalid, unsupported, wrong_size
from .pickle_opcodes import load
from .pickle_values import Opaque, PickleError, Stored, View
from .table import Problem, Tensor, TensorTable

ZIP = b"PK\3\4"
# The first pickle of a file saved before PyTorch 1.6: a number that stands for nothing else.
LEGACY = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
FIRST_PIECE = 1 << 18
LENGTH_BYTES = 8
OLDER_HEAD = 3  # pickles before the state dict: that number, the protocol, the machine's sizes
PROTOCOLS = (b"\2", b"\3", b"\4", b"\5")
TAR_AT, TAR = 257, b"ustar"
PYTHON = "is a Python pickle that `torch.save` did not write"


class Found(msgspec.Struct, frozen=True):
    """A checkpoint's value, the bytes of each storage in the file, and the bytes of what describes them."""

    value: Any
    storages: dict[str, int]
    header_bytes: int


def claims(start: bytes) -> bool:
    """Whether a file's first bytes are those of a zip archive, of a tar archive or of a pickle.

    A safetensors header's length may begin like a pickle, but then zeros and a brace follow.
    """
    pickled = start[:1] == b"\x80" and start[1:2] in PROTOCOLS and start[4:9] != b"\0\0\0\0{"
    return start.startswith(ZIP) or start[TAR_AT : TAR_AT + len(TAR)] == TAR or pickled


def read(file: BinaryIO, path: Path) -> TensorTable:
    """The table of an open file, positioned at its start.

    Raises `FormatError` naming `path` where it is no checkpoint, or broken, or cut short.
    """
    where = str(path)
    start = file.read(TAR_AT + len(TAR))
    file_bytes = file.seek(0, 2)
    try:
        found = from_zip(file, where) if start.startswith(ZIP) else from_stream(file, start, where)
    except PickleError as error:
        raise FormatError("pickle", f"has a pickle that {error}", where=where, do=AGAIN) from None
    views, strange = named_views(found.value, where)
    for name, view in views.items():
        check(name, view, found.storages, where)
    tensors = {name: Tensor(name, view.dtype, view.shape) for name, view in views.items()}
    stored = {view.storage.key: found.storages[view.storage.key] for view in views.values()}
    shared = sum(tensor.nbytes for tensor in tensors.values()) - sum(stored.values())
    return TensorTable(
        where,
        "pickle",
        file_bytes,
        found.header_bytes,
        metadata={},
        tensors=tensors,
        problems=problems(strange),
        shared_bytes=shared,
    )


def from_zip(file: BinaryIO, where: str) -> Found:
    """A checkpoint in a zip archive: `<folder>/data.pkl`, and a file per storage under `<folder>/data/`."""
    entries = archive.directory(file, where)
    names = [name for name in entries if name.rpartition("/")[2] == "data.pkl"]
    if not names:
        raise unsupported("is a zip archive without a `data.pkl`: not a PyTorch file", where, AGAIN)
    name = min(names, key=len)
    folder = name.removesuffix("data.pkl")
    if f"{folder}constants.pkl" in entries:
        raise unsupported("is a TorchScript program, which is code and not only weights", where)
    limit = facts.table("formats")["pickle"]["limits"]["pickle_bytes"]
    value, _ = load(archive.content(file, entries[name], limit, where))
    data = f"{folder}data/"
    storages = {key.removeprefix(data): one.size for key, one in entries.items() if key.startswith(data)}
    return Found(value, storages, entries[name].size)


def from_stream(file: BinaryIO, start: bytes, where: str) -> Found:
    """A checkpoint saved before PyTorch 1.6: pickles one after another, then the storages."""
    if start[TAR_AT:] == TAR:
        raise unsupported("is a tar archive, which PyTorch wrote before 2017", where)
    if not start.startswith(LEGACY):
        raise unsupported(PYTHON if claims(start) else "is not a PyTorch checkpoint", where)
    value, keys, at = older_pickles(file)
    storages = older_storages(value, keys, where)
    file_bytes, expected = file.seek(0, 2), at + sum(storages.values()) + LENGTH_BYTES * len(keys)
    if expected > file_bytes:
        raise cut_short(file_bytes, expected, where)
    return Found(value, storages, at)


def older_pickles(file: BinaryIO) -> tuple[Any, Any, int]:
    """The checkpoint's value, its list of storages, and where their data begins.

    How long the pickles are is not said before them: more of the file is read where they go on.
    """
    limit = facts.table("formats")["pickle"]["limits"]["pickle_bytes"]
    whole = min(limit, file.seek(0, 2))
    piece = FIRST_PIECE
    while True:
        file.seek(0)
        data = file.read(min(piece, whole))
        try:
            at = 0
            for _ in range(OLDER_HEAD):
                _, at = load(data, at)
            value, at = load(data, at)
            keys, at = load(data, at)
            return value, keys, at
        except PickleError:
            if piece >= whole:
                raise
        piece *= 8


def older_storages(value: Any, keys: Any, where: str) -> dict[str, int]:
    """Bytes of each storage of an older file, in which each follows its own length."""
    described = {view.storage.key: view.storage for view in tensors_in(value, "", {}).values()}
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise invalid("has no list of its storages", where)
    return {key: described[key].nbytes for key in keys if key in described}


def named_views(value: Any, where: str) -> tuple[dict[str, View], list[Opaque]]:
    """The tensors of a checkpoint's state dict by name, and what stands among them without being read."""
    state = state_dict(value)
    views = {name: one for name, one in state.items() if isinstance(one, View) and isinstance(name, str)}
    views = views or tensors_in(state, "", {})
    if not views and isinstance(value, Opaque):
        raise unsupported(f"holds a Python object ({value.path}) and no state dict", where)
    return views, [one for one in state.values() if isinstance(one, Opaque)]


def state_dict(value: Any) -> dict[Any, Any]:
    """The dict that holds the tensors: the outermost with one, or under one of the usual keys."""
    for _ in range(facts.table("formats")["pickle"]["limits"]["depth"]):
        if not isinstance(value, dict) or any(isinstance(one, View) for one in value.values()):
            break
        inner = [value[key] for key in facts.table("pickle")["state"]["keys"] if key in value]
        inner = [one for one in inner if isinstance(one, dict)] or list(value.values())[: len(value) == 1]
        if not inner or not isinstance(inner[0], dict):
            break
        value = inner[0]
    return value if isinstance(value, dict) else {"": value}


def tensors_in(value: Any, name: str, seen: dict[int, bool], depth: int = 0) -> dict[str, View]:
    """All tensors in nested collections, their names joined by dots; each collection is entered once."""
    if isinstance(value, View):
        return {name: value}
    limit = facts.table("formats")["pickle"]["limits"]["depth"]
    if not isinstance(value, dict | list | tuple) or id(value) in seen or depth > limit:
        return {}
    seen[id(value)] = True
    found: dict[str, View] = {}
    for key, one in value.items() if isinstance(value, dict) else enumerate(value):
        found |= tensors_in(one, f"{name}.{key}" if name else str(key), seen, depth + 1)
    return found


def check(name: str, view: View, storages: dict[str, int], where: str) -> None:
    """Refuse a tensor that is not wholly in its storage, or whose storage is not in the file."""
    stored: Stored = view.storage
    if stored.key not in storages:
        raise FormatError("extents", f"has no data for tensor `{name}`", where=where, do=AGAIN)
    if storages[stored.key] < stored.nbytes:
        what = f"has {amount(storages[stored.key])} of {amount(stored.nbytes)} of tensor `{name}`"
        raise FormatError("cut-short", what, where=where, do=AGAIN)
    if view.end > stored.nbytes:
        raise wrong_size(name, where)


def problems(strange: list[Opaque]) -> tuple[Problem, ...]:
    """What a user should know: entries of the state dict that are no plain tensors."""
    if not strange:
        return ()
    kinds = ", ".join(sorted({one.path for one in strange})[:3])
    return (Problem("not-tensors", f"{len(strange)} entries are not plain tensors ({kinds})"),)
