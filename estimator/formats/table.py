"""What every reader returns: the names, element types and shapes of one model file, and its sizes."""

from __future__ import annotations

from functools import cache
from math import prod
from pathlib import Path

import msgspec

from .. import facts


@cache
def bits() -> dict[str, int]:
    """Bits per element of each element type (`data/dtypes.toml`)."""
    known: dict[str, int] = facts.table("dtypes")["bits"]
    return known


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


class Tensor(msgspec.Struct, frozen=True):
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
    """Something a user should know about a file that can be read all the same."""

    code: str
    message: str


class Tally(msgspec.Struct, frozen=True):
    """What one element type adds up to."""

    tensors: int
    parameters: int
    bytes: int


class TensorTable(msgspec.Struct, frozen=True):
    """The header of one model file. Sizes are in bytes; `header_bytes` is what precedes the weights.

    `shared_bytes`: how much more the tensors are than what is stored, where some are views of one storage.
    """

    path: str
    format: str
    file_bytes: int
    header_bytes: int
    metadata: dict[str, str]
    tensors: dict[str, Tensor]
    problems: tuple[Problem, ...] = ()
    shared_bytes: int = 0

    @property
    def weight_bytes(self) -> int:
        """Bytes of all tensors as the file stores them, what several of them share counted once."""
        return sum(tensor.nbytes for tensor in self.tensors.values()) - self.shared_bytes

    @property
    def name(self) -> str:
        """The file's name without its folders."""
        return Path(self.path).name


def tally(tensors: list[Tensor]) -> dict[str, Tally]:
    """Tensors, parameters and bytes by element type, the largest first."""
    groups: dict[str, list[Tensor]] = {}
    for tensor in tensors:
        groups.setdefault(tensor.dtype, []).append(tensor)
    sums = {
        dtype: Tally(len(group), sum(t.parameters for t in group), sum(t.nbytes for t in group))
        for dtype, group in groups.items()
    }
    return dict(sorted(sums.items(), key=lambda item: -item[1].bytes))
