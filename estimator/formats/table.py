"""What every reader returns: the names, element types and shapes of one model file, and its sizes."""

from __future__ import annotations

from collections import Counter
from functools import cache
from math import prod
from pathlib import Path
from typing import Literal

import msgspec

from .. import facts


@cache
def bits() -> dict[str, int]:
    """Bits per element of each element type, also of those that are only packed (`data/dtypes.toml`)."""
    table = facts.table("dtypes")
    packed = {name: width for name, width in table["packed"].items() if name != "source"}
    return {**table["bits"], **packed}


@cache
def blocks() -> dict[str, tuple[int, int]]:
    """Elements and bytes of one block of each type that GGUF has (`data/ggml_types.toml`)."""
    return {row["name"]: (row["block"], row["bytes"]) for row in facts.table("ggml_types")["type"]}


def packed(dtype: str) -> bool:
    """Whether elements of this type come only in blocks: a type of GGUF that no other format has."""
    return dtype not in bits() and dtype in blocks()


def size(parameters: int, dtype: str) -> int:
    """Bytes that `parameters` elements of `dtype` take, rounded up to whole bytes or blocks."""
    if packed(dtype):
        elements, width = blocks()[dtype]
        return -(-parameters // elements) * width
    return (parameters * bits()[dtype] + 7) // 8


class Tensor(msgspec.Struct, frozen=True, gc=False):
    """One tensor of a file: no values, only what its header says."""

    name: str
    dtype: str
    shape: tuple[int, ...]

    @property
    def parameters(self) -> int:
        """The number of elements."""
        return prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes in the file."""
        return size(self.parameters, self.dtype)


class Problem(msgspec.Struct, frozen=True):
    """Something a user should know about a file: an error where it cannot be used as it is, else a remark."""

    code: str
    message: str
    severity: Literal["remark", "error"] = "remark"


class Tally(msgspec.Struct, frozen=True):
    """What one element type adds up to."""

    tensors: int
    parameters: int
    bytes: int


class TensorTable(msgspec.Struct, frozen=True):
    """The header of one model file. Sizes are in bytes; `header_bytes` is what precedes the weights.

    `notes`: the contents of the few tensors that say in words how others are packed.
    `shared_bytes`: how much more the tensors are than what is stored, where some are views of one storage.
    """

    path: str
    format: str
    file_bytes: int
    header_bytes: int
    metadata: dict[str, str]
    tensors: dict[str, Tensor]
    problems: tuple[Problem, ...] = ()
    notes: dict[str, bytes] = {}
    shared_bytes: int = 0

    @property
    def weight_bytes(self) -> int:
        """Bytes of all tensors as the file stores them, what several of them share counted once."""
        return sum(part.bytes for part in tally(list(self.tensors.values())).values()) - self.shared_bytes

    @property
    def name(self) -> str:
        """The file's name without its folders."""
        return Path(self.path).name


def tally(tensors: list[Tensor]) -> dict[str, Tally]:
    """Tensors, parameters and bytes by element type, the largest first."""
    sums: dict[str, list[int]] = {}
    for (dtype, shape), count in Counter([(t.dtype, t.shape) for t in tensors]).items():
        group, parameters = sums.setdefault(dtype, [0, 0, 0]), prod(shape)
        group[0] += count
        group[1] += count * parameters
        group[2] += count * size(parameters, dtype)
    tallies = {dtype: Tally(*group) for dtype, group in sums.items()}
    return dict(sorted(tallies.items(), key=lambda item: -item[1].bytes))
