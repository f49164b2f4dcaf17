"""Model files read by their headers: `read(path)` gives a `TensorTable`, and no weight is touched."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import BinaryIO

from .. import facts
from ..errors import FormatError
from . import gguf, pickle, safetensors, sharded
from .table import Problem, Tally, Tensor, TensorTable, bits, packed, size, tally

__all__ = ["FORMATS", "Problem", "Tally", "Tensor", "TensorTable", "bits", "packed", "read", "size", "tally"]

# Each has `claims(first bytes)` and `read(file, path)`, and a row with its extensions in data/formats.toml.
FORMATS: tuple[ModuleType, ...] = (gguf, pickle, safetensors)
FIRST_BYTES = 512


def read(path: Path | str) -> TensorTable:
    """The header of the model file at `path`, or of the sharded index or diffusers folder there.

    Raises `FormatError` where the file is missing, unreadable, cut short or of no readable format.
    """
    path = Path(path)
    try:
        if sharded.is_sharded(path):
            return sharded.read(path, read)
        with path.open("rb") as file:
            return read_open(file, path)
    except FileNotFoundError:
        raise FormatError("missing", "no such file", where=str(path), do="Check the path.") from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise FormatError(
            "unreadable", f"cannot be read ({reason})", where=str(path), do="Check its permissions."
        ) from None


def read_open(file: BinaryIO, path: Path) -> TensorTable:
    """The header of an open file, by the format that its first bytes tell, else by its extension."""
    start = file.read(FIRST_BYTES)
    file.seek(0)
    safetensors.impostor(start[: safetensors.LENGTH_BYTES], str(path))
    table: TensorTable = format_of(start, path).read(file, path)
    return table


def format_of(start: bytes, path: Path) -> ModuleType:
    """The format of a file: ComfyUI goes by the extension, but a file is what its bytes are."""
    claimed = [one for one in FORMATS if one.claims(start)]
    named = [one for one in FORMATS if path.suffix.lower() in extensions(one)]
    return (claimed or named or [safetensors])[0]


def extensions(one: ModuleType) -> list[str]:
    """The extensions that files of a format usually have."""
    found: list[str] = facts.table("formats")[one.__name__.rpartition(".")[2]]["extensions"]
    return found
