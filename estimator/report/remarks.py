"""What a user should know of a file beyond its numbers: remarks, and errors that only its name reveals.

Where a file lies is told by the operating system's list of mounts (psutil): file system types on Linux and
macOS, the `remote` option and `\\\\server` paths on Windows. A mount of an unlisted type is taken for local.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path

from .. import facts
from ..formats import Problem, Tally, TensorTable
from ..models import Match
from ..units import amount


def of_contents(table: TensorTable, by_dtype: dict[str, Tally], found: list[Match]) -> list[Problem]:
    """What a file's contents give to say."""
    return [*wrong_extension(table), *wide(table, by_dtype, found)]


def wrong_extension(table: TensorTable) -> list[Problem]:
    """An error where ComfyUI would choose another reader by the file's name."""
    known = facts.table("formats").get(table.format, {}).get("extensions", [])
    own = Path(table.path).suffix.lower()
    if not known or own in known or own not in facts.table("formats")["scan"]["extensions"]:
        return []
    says = f"{table.path}: is a {table.format} file named {own}: its loader will not read it."
    return [Problem("wrong-extension", f"{says} Rename it to {known[0]}.", "error")]


def wide(table: TensorTable, by_dtype: dict[str, Tally], found: list[Match]) -> list[Problem]:
    """A remark where most of a model is stored in 32 bits, which ComfyUI narrows to 16 as it loads it."""
    roles = set(facts.table("formats")["narrowed"]["roles"])
    wide = by_dtype["F32"].bytes if "F32" in by_dtype else 0
    if not roles & {one.row.role for one in found} or wide * 2 <= sum(t.bytes for t in by_dtype.values()):
        return []
    saved = amount(wide // 2)
    says = f"is stored in 32 bits, which are cast to 16 when it is loaded: a 16-bit file is {saved} smaller"
    return [Problem("fp32", f"{Path(table.path).name} {says}.")]


def of_place(path: str, is_link: bool) -> list[Problem]:
    """What the place of a file gives to say: links, and file systems that are slow to read again."""
    folder, _, name = path.rpartition(os.sep)
    remarks: list[Problem] = []
    if is_link:
        real = os.path.realpath(path)
        folder = real.rpartition(os.sep)[0]
        remarks.append(Problem("symlink", f"{name} is a link to {real}: it is read at that disk's speed."))
    kind = network_kind(folder or ".")
    if kind:
        says = f"lies on a network file system ({kind}): reading it again is as slow as the first time"
        remarks.append(Problem("network-mount", f"{name} {says}, unless it stays in this machine's RAM."))
    return remarks


@cache
def network_kind(folder: str) -> str:
    """The type of network file system that a folder is on; empty for a local or an unknown one."""
    folder = os.path.realpath(folder)
    if sys.platform == "win32" and folder.startswith("\\\\"):
        return "UNC path"
    best = ("", "")
    for point, kind in mounts():
        inside = folder == point or folder.startswith(point.rstrip("/\\") + os.sep)
        if inside and len(point) >= len(best[0]):
            best = (point, kind)
    return best[1]


@cache
def mounts() -> tuple[tuple[str, str], ...]:
    """Every mount point, with its type where that is a network file system, else empty."""
    import psutil

    types = tuple(facts.table("formats")["network"]["types"])
    try:
        parts = psutil.disk_partitions(all=True)
    except (OSError, RuntimeError):
        return ()
    return tuple((part.mountpoint, network_type(part.fstype.lower(), part.opts, types)) for part in parts)


def network_type(kind: str, options: str, types: tuple[str, ...]) -> str:
    """The type of a mount if it is a network file system, else empty."""
    return kind if kind in types or "remote" in options.split(",") else ""
