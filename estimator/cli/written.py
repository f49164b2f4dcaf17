"""A file that a command writes: whole or not at all, and never over another by mistake."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from ..errors import InputError


def free(path: Path, source: Path, force: bool) -> Path:
    """`path`, where a command may write. Raises `InputError` for a file that is there and not to be lost."""
    if path.is_dir():
        raise InputError("a folder", where=str(path), do="Name a file.")
    if path.exists() and not force:
        same = source.exists() and path.samefile(source)
        what = "the workflow itself" if same else "a file of that name is there"
        raise InputError(what, where=str(path), do="Name another file, or give --force.")
    return path


def write(path: Path, content: bytes) -> None:
    """Write a file in one step. Raises `InputError` where that cannot be done."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(name).chmod(0o666 & ~mask())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InputError(error.strerror or "not writable", where=str(path)) from None


def mask() -> int:
    """The permissions that new files do not get here."""
    found = os.umask(0)
    os.umask(found)
    return found
