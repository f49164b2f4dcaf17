"""Model files read by their headers: `read(path)` gives a `TensorTable`, and no weight is touched."""

from __future__ import annotations

from pathlib import Path

from ..errors import FormatError
from . import safetensors, sharded
from .table import Problem, Tally, Tensor, TensorTable, bits, size, tally

__all__ = ["Problem", "Tally", "Tensor", "TensorTable", "bits", "read", "size", "tally"]


def read(path: Path | str) -> TensorTable:
    """The header of the model file at `path`, or of the sharded index or diffusers folder there.

    Raises `FormatError` where the file is missing, unreadable, cut short or of no readable format.
    """
    path = Path(path)
    try:
        if sharded.is_sharded(path):
            return sharded.read(path, read)
        with path.open("rb") as file:
            return safetensors.read(file, path)
    except FileNotFoundError:
        raise FormatError("missing", "no such file", where=str(path), do="Check the path.") from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise FormatError(
            "unreadable", f"cannot be read ({reason})", where=str(path), do="Check its permissions."
        ) from None
