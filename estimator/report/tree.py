"""`inspect` over files and folders: every model's report, sorted, with a total for each folder."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent
from typing import Any

import msgspec

from ..errors import InputError
from ..units import amount
from .cache import Cache
from .files import FileReport, describe, line, printable
from .remarks import of_place
from .scan import Found, find

SCHEMA = 1
SORTS = ("name", "size", "family")
PATIENCE = 0.5  # seconds after which a scan shows how far it is


class Folder(msgspec.Struct, frozen=True):
    """The sum over the models directly in one folder; bytes."""

    path: str
    files: int
    file_bytes: int
    weight_bytes: int


def inspect(paths: list[Path], sort: str = "name", cache: Path | None = None) -> list[FileReport]:
    """The reports of all models under the paths. `cache`: a file of earlier reports, or None for none.

    Raises `InputError` for an unknown order and for a folder without models.
    """
    if sort not in SORTS:
        raise InputError(f"no order is called `{sort}`", where="--sort", do=f"Use {', '.join(SORTS)}.")
    found = find(paths)
    if not found:
        raise InputError("holds no model files", where=str(paths[0]), do="Name a models folder.")
    known = Cache(cache)
    shared: dict[tuple[str, bytes, int], FileReport] = {}
    reports = [report_of(one, known, shared) for one in watched(found)]
    known.save()
    return sorted(reports, key=order(sort))


def report_of(found: Found, known: Cache, shared: dict[tuple[str, bytes, int], FileReport]) -> FileReport:
    """The report of one model, from the cache where its file is unchanged; its place is told anew."""
    report = known.get(found)
    if report is None:
        report = describe(Path(found.path), shared)
        known.put(found, report)
    remarks = [] if report.broken else of_place(found.path, found.is_link)
    if not remarks:
        return report
    safe = [msgspec.structs.replace(one, message=printable(one.message)) for one in remarks]
    return msgspec.structs.replace(report, problems=(*report.problems, *safe))


def watched(found: list[Found]) -> Iterator[Found]:
    """The files one by one, with a progress bar on a terminal once it takes long."""
    began, bar, task = time.monotonic(), None, None
    for done, one in enumerate(found):
        if bar is None and sys.stdout.isatty() and time.monotonic() - began > PATIENCE:
            from rich.console import Console
            from rich.progress import Progress

            bar = Progress(console=Console(stderr=True), transient=True)
            bar.start()
            task = bar.add_task("Reading headers", total=len(found))
        if bar is not None and task is not None:
            bar.update(task, completed=done)
        yield one
    if bar is not None:
        bar.stop()


def order(sort: str) -> Any:
    """The key of an order: by path, by size (largest first), or by family."""
    keys = {
        "name": lambda one: one.path,
        "size": lambda one: (-one.file_bytes, one.path),
        "family": lambda one: (not one.family, one.family, one.variant, one.path),
    }
    return keys[sort]


def folders(reports: list[FileReport]) -> list[Folder]:
    """The totals of each folder, by its path."""
    inside: dict[str, list[FileReport]] = {}
    for one in reports:
        inside.setdefault(parent(one.path), []).append(one)
    return [
        Folder(path, len(them), sum(one.file_bytes for one in them), sum(one.weight_bytes for one in them))
        for path, them in sorted(inside.items())
    ]


def parent(path: str) -> str:
    """The folder that a path is in."""
    return path.rpartition(os.sep)[0] or "."


def encode(reports: list[FileReport]) -> str:
    """The reports as JSON."""
    data: dict[str, Any] = {"schema": SCHEMA, "files": reports, "folders": folders(reports)}
    return msgspec.json.encode(data).decode()


def render(reports: list[FileReport], by_folder: bool) -> str:
    """The reports as lines of text, with the totals after them; `by_folder` groups the lines by folder."""
    totals = folders(reports)
    if len(reports) == 1:
        return line(reports[0], Path(reports[0].path).name)
    if not by_folder:
        return "\n".join([*(line(one, one.path) for one in reports), "", *map(total, totals)])
    parts = []
    for each in totals:
        inside = [one for one in reports if parent(one.path) == each.path]
        parts.append(
            "\n".join([total(each), *(indent(line(one, Path(one.path).name), "  ") for one in inside)])
        )
    return "\n\n".join(parts)


def total(each: Folder) -> str:
    """A folder's total in one line."""
    files = "1 file" if each.files == 1 else f"{each.files} files"
    return f"{each.path}: {files}, {amount(each.file_bytes)}"
