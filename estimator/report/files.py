"""What `inspect` says of model files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from ..errors import FormatError
from ..formats import Problem, Tally, TensorTable, read, tally
from ..models import identify
from ..units import amount

SCHEMA = 1


class FileReport(msgspec.Struct, frozen=True):
    """One file (design section 8); bytes. `role` is `checkpoint` where several components share it."""

    path: str
    format: str = ""
    role: str = "unknown"
    family: str = ""
    variant: str = ""
    tensor_count: int = 0
    parameters: int = 0
    file_bytes: int = 0
    header_bytes: int = 0
    weight_bytes: int = 0
    by_dtype: dict[str, Tally] = {}
    quantization: dict[str, str] | None = None
    largest_tensor_bytes: int = 0
    problems: tuple[Problem, ...] = ()


def describe(path: Path) -> FileReport:
    """The report of one file; a file that cannot be read becomes a report of its problem."""
    try:
        return of_table(read(path))
    except FormatError as error:
        size = path.stat().st_size if path.is_file() else 0
        return FileReport(str(path), file_bytes=size, problems=(Problem(error.code, str(error)),))


def of_table(table: TensorTable) -> FileReport:
    """The report of a file that was read."""
    components = identify(table).components
    tensors = list(table.tensors.values())
    main = components[0] if components else None
    quantized = next((one.quantization for one in components if one.quantization), None)
    return FileReport(
        path=table.path,
        format=table.format,
        file_bytes=table.file_bytes,
        header_bytes=table.header_bytes,
        role="checkpoint" if len(components) > 1 else (main.role if main else "unknown"),
        family=main.family if main else "",
        variant=main.variant if main else "",
        tensor_count=len(tensors),
        parameters=sum(t.parameters for t in tensors),
        weight_bytes=table.weight_bytes,
        by_dtype=tally(tensors),
        quantization={"format": quantized} if quantized else None,
        largest_tensor_bytes=max((t.nbytes for t in tensors), default=0),
        problems=table.problems,
    )


def encode(reports: list[FileReport]) -> str:
    """The reports as JSON."""
    data: dict[str, Any] = {"schema": SCHEMA, "files": reports}
    return msgspec.json.encode(data).decode()


def render(reports: list[FileReport], width: int) -> str:
    """The reports as lines of text; problems take the place of the numbers."""
    return "\n".join(line(one) for one in reports)


def line(one: FileReport) -> str:
    """One file in one line."""
    if one.problems:
        return one.problems[0].message
    what = " ".join(filter(None, (one.family, one.variant, one.role.replace("_", " "))))
    types = ", ".join(f"{dtype} {amount(part.bytes)}" for dtype, part in one.by_dtype.items())
    packed = f" ({one.quantization['format']})" if one.quantization else ""
    return f"{Path(one.path).name}: {what}{packed}, {one.parameters / 1e9:.2f} B parameters, {types}"
