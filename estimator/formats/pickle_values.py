"""What a checkpoint's pickle may stand for: names, storages, tensors. Descriptions only, none does anything.

Arguments are those of torch's own functions: https://github.com/pytorch/pytorch/blob/main/torch/_utils.py.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from .. import facts
from .table import size


class PickleError(Exception):
    """A pickle that cannot be read, in a few words."""


class Global(msgspec.Struct, frozen=True):
    """A name that the pickle asks for; it is never imported."""

    path: str


class Opaque(msgspec.Struct, frozen=True):
    """Something that is no plain value and no tensor: the name of what would have made it."""

    path: str


class Stored(msgspec.Struct, frozen=True):
    """A storage: `count` elements of `dtype`, kept in the file under `key`."""

    key: str
    dtype: str
    count: int

    @property
    def nbytes(self) -> int:
        """Bytes in the file."""
        return size(self.count, self.dtype)


class View(msgspec.Struct, frozen=True):
    """A tensor: where it lies in its storage, counted in elements of its own type."""

    storage: Stored
    dtype: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    @property
    def end(self) -> int:
        """Bytes from its storage's start to its own end."""
        if 0 in self.shape:
            return 0
        steps = zip(self.shape, self.strides, strict=True)
        return size(self.offset + sum((side - 1) * stride for side, stride in steps) + 1, self.dtype)


@cache
def makes() -> dict[str, str]:
    """What each allowed name makes."""
    return {row["name"]: row["does"] for row in facts.table("pickle")["make"]}


def storage(description: Any) -> Stored | Opaque:
    """The storage that a persistent id describes: `("storage", kind, key, location, count)`."""
    if not isinstance(description, tuple) or len(description) < 5 or description[0] != "storage":
        raise PickleError("refers to something that is no storage")
    _, kind, key, _, count = description[:5]
    if not isinstance(kind, Global) or not isinstance(key, str) or not is_count(count):
        raise PickleError("describes a storage in an unread way")
    dtype = facts.table("pickle")["storages"].get(kind.path)
    return Stored(key, dtype, count) if dtype else Opaque(kind.path)


def make(function: Any, arguments: tuple[Any, ...]) -> Any:
    """What calling `function` would give, where that is a tensor or a plain collection; else `Opaque`."""
    if not isinstance(function, Global):
        return Opaque("an object")
    verb = makes().get(function.path, "")
    if verb == "tensor":
        return view(arguments, "")
    if verb == "tensor_typed":
        return view(arguments, typed(arguments[6:7]))
    if verb == "first" and arguments:
        return arguments[0]
    if verb == "again" and len(arguments) > 2 and isinstance(arguments[2], tuple):
        return again(arguments[0], arguments[2])
    if verb == "dict":
        return {}
    if verb == "tuple" and arguments and isinstance(arguments[0], list | tuple):
        return tuple(arguments[0])
    return Opaque(function.path)


def again(function: Any, arguments: tuple[Any, ...]) -> Any:
    """What a wrapped function makes; a wrapper within a wrapper is not followed."""
    wrapped = isinstance(function, Global) and makes().get(function.path) == "again"
    return Opaque(function.path) if wrapped else make(function, arguments)


def typed(found: tuple[Any, ...]) -> str:
    """The element type that a torch dtype stands for; empty where it is not known."""
    if not found or not isinstance(found[0], Global):
        return ""
    dtype: str = facts.table("pickle")["dtypes"].get(found[0].path, "")
    return dtype or "unknown"


def view(arguments: tuple[Any, ...], dtype: str) -> View | Opaque:
    """The tensor of arguments `(storage, offset, shape, strides, ...)`, of its storage's type or another."""
    if len(arguments) < 4:
        raise PickleError("describes a tensor in an unread way")
    stored, offset, shape, strides = arguments[:4]
    if isinstance(stored, Opaque) or dtype == "unknown":
        return Opaque("a tensor of an unread type")
    if not isinstance(stored, Stored) or not is_count(offset):
        raise PickleError("describes a tensor in an unread way")
    if not is_sides(shape) or not is_sides(strides) or len(shape) != len(strides):
        raise PickleError("describes a tensor without a proper shape")
    return View(stored, dtype or stored.dtype, offset, shape, strides)


def is_count(value: Any) -> bool:
    """Whether this is a whole number that a file can hold so many of."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 63


def is_sides(value: Any) -> bool:
    """Whether this is a shape."""
    return isinstance(value, tuple) and len(value) <= 64 and all(map(is_count, value))
