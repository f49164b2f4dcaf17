"""What `inspect` says of one model file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import msgspec

from ..errors import FormatError
from ..formats import Problem, Tally, Tensor, TensorTable, packed, read, tally
from ..formats.safetensors import alike
from ..models import Match, Unpacked, adapter, is_scale, match, unpack
from ..units import amount
from .remarks import of_contents


class Quantization(msgspec.Struct, frozen=True):
    """The quantised layers: how many, of which layouts (`data/quantization.toml`), and the most used."""

    format: str
    layers: int
    by_format: dict[str, int]


class FileReport(msgspec.Struct, frozen=True):
    """One file (design section 8); bytes. `role` is `checkpoint` where several components share it.

    `parameters` counts packed ones as what they are, and no scales. `rank`: that of a LoRA.
    """

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
    quantization: Quantization | None = None
    largest_tensor_bytes: int = 0
    problems: tuple[Problem, ...] = ()
    rank: int | None = None

    @property
    def broken(self) -> bool:
        """Whether the file cannot be used as it is."""
        return any(problem.severity == "error" for problem in self.problems)


def describe(path: Path, known: dict[tuple[str, bytes, int], FileReport]) -> FileReport:
    """The report of one file; a file that cannot be read becomes a report of its problem.

    `known`, which grows: fine-tunes of one model list the same tensors, so that one of them is worked out.
    """
    like = alike(path)
    if like is None:
        return read_and_describe(path)
    key = (path.suffix, *like.key)
    if key in known:
        sizes = {"file_bytes": like.file_bytes, "header_bytes": like.header_bytes}
        return msgspec.structs.replace(known[key], path=printable(str(path)), **sizes)
    report = read_and_describe(path)
    if not report.problems:
        known[key] = report
    return report


def read_and_describe(path: Path) -> FileReport:
    """The report of one file, from its whole header."""
    try:
        return of_table(read(path))
    except FormatError as error:
        size = path.stat().st_size if path.is_file() else 0
        problem = Problem(error.code, printable(str(error)), "error")
        return FileReport(printable(str(path)), file_bytes=size, problems=(problem,))


def printable(text: str) -> str:
    """Text that can be written anywhere: a file name need not be valid Unicode."""
    return text.encode("utf-8", "replace").decode()


def of_table(table: TensorTable) -> FileReport:
    """The report of a file that was read."""
    seen = unpack(table)
    found, _ = match(seen.tensors, table.metadata)
    tensors = list(seen.tensors.values())
    by_dtype = tally(tensors)
    family, variant, rank = kind(found, tensors)
    return FileReport(
        path=printable(table.path),
        format=table.format,
        file_bytes=table.file_bytes,
        header_bytes=table.header_bytes,
        role="checkpoint" if len(found) > 1 else (found[0].row.role if found else "unknown"),
        family=family,
        variant=variant,
        tensor_count=len(tensors),
        parameters=sum(part.parameters for part in by_dtype.values()) - scales(seen),
        weight_bytes=table.weight_bytes,
        by_dtype=by_dtype,
        quantization=quantization({**in_blocks(tensors, by_dtype), **seen.layouts}),
        largest_tensor_bytes=largest(tensors),
        problems=tuple(
            msgspec.structs.replace(one, message=printable(one.message))
            for one in (*table.problems, *of_contents(table, by_dtype, found))
        ),
        rank=rank,
    )


def kind(found: list[Match], tensors: list[Tensor]) -> tuple[str, str, int | None]:
    """Family, variant and rank: of the first component, or what a LoRA was made for."""
    if not found:
        return "", "", None
    row = found[0].row
    if row.role != "lora":
        return row.family, row.variant, None
    made_for = adapter(tensors)
    return made_for.family, " ".join(filter(None, (made_for.variant, row.title))), made_for.rank or None


def scales(seen: Unpacked) -> int:
    """Elements of a quantised file that are no parameters."""
    return sum(t.parameters for t in seen.tensors.values() if is_scale(t)) if seen.layouts else 0


def largest(tensors: list[Tensor]) -> int:
    """Bytes of the largest tensor."""
    kinds = {(t.dtype, t.shape) for t in tensors}
    return max((Tensor("", dtype, shape).nbytes for dtype, shape in kinds), default=0)


def in_blocks(tensors: list[Tensor], dtypes: Iterable[str]) -> dict[str, str]:
    """The layout of each weight that GGUF stores in blocks; `dtypes`: all types that there are."""
    layouts = {dtype: f"gguf_{dtype.lower()}" for dtype in dtypes if packed(dtype)}
    return {t.name: layouts[t.dtype] for t in tensors if t.dtype in layouts} if layouts else {}


def quantization(layouts: dict[str, str]) -> Quantization | None:
    """What the layers' layouts add up to, the most frequent first; None for plain tensors."""
    counts = dict(Counter(layouts.values()).most_common())
    return Quantization(next(iter(counts)), len(layouts), counts) if counts else None


def line(one: FileReport, name: str) -> str:
    """One file in one line, called `name`; its problems under it."""
    said = [f"  {problem.message}" for problem in one.problems if problem.severity == "remark"]
    error = next((problem.message for problem in one.problems if problem.severity == "error"), "")
    return "\n".join([error or contents(one, name), *said])


def contents(one: FileReport, name: str) -> str:
    """What a file holds, in one line."""
    rank = f"rank {one.rank}" if one.rank else ""
    what = " ".join(filter(None, (one.family, one.variant, one.role.replace("_", " "), rank)))
    types = ", ".join(f"{dtype} {amount(part.bytes)}" for dtype, part in one.by_dtype.items())
    packed = f" ({one.quantization.format})" if one.quantization else ""
    return f"{name}: {what}{packed}, {count(one.parameters)} parameters, {types}"


def count(parameters: int) -> str:
    """A number of parameters as a person says it."""
    return f"{parameters / 1e9:.2f} B" if parameters >= 1e9 else f"{parameters / 1e6:.1f} M"
