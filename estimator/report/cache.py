"""What was said of files before, by path, size and modification time: a file in the user's cache folder.

Nothing depends on it: a cache that is missing, broken or of another version is an empty one.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from .._version import __version__
from ..facts import DATA, write_whole
from .files import FileReport, printable
from .scan import Found

MOST = 20_000  # assumed: more files than that are not in one user's folders; the oldest entries go first


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """A report, and the state of the file that it is of."""

    size: int
    mtime: int
    report: FileReport


class Stored(msgspec.Struct):
    """The cache file."""

    made_by: str = ""
    files: dict[str, Entry] = {}


def fingerprint() -> str:
    """What a report depends on beside its file: this program and its tables."""
    tables = (*sorted((DATA / "families").iterdir()), *sorted(DATA.glob("*.toml")))
    states = [(path.name, path.stat()) for path in tables]
    return " ".join([__version__, *(f"{name}:{s.st_size}:{s.st_mtime_ns}" for name, s in states)])


def absolute(path: str) -> str:
    """A path that means the same from every folder."""
    return str(Path(path).absolute())


class Cache:
    """Reports of files that have not changed since."""

    def __init__(self, path: Path | None) -> None:
        """Read the file at `path`; None is a cache that keeps nothing."""
        self.path, self.made_by = path, fingerprint()
        self.fresh: dict[str, Entry] = {}
        self.kept = self.load()

    def load(self) -> dict[str, Entry]:
        """The entries on disk, if they are this program's and readable."""
        try:
            stored = msgspec.json.decode(self.path.read_bytes() if self.path else b"{}", type=Stored)
        except (OSError, msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
            return {}
        return stored.files if stored.made_by == self.made_by else {}

    def get(self, found: Found) -> FileReport | None:
        """The report of a file in this state."""
        entry = self.kept.get(absolute(found.path))
        if entry is None or not found.whole or (entry.size, entry.mtime) != (found.size, found.mtime):
            return None
        return msgspec.structs.replace(entry.report, path=found.path)

    def put(self, found: Found, report: FileReport) -> None:
        """Keep the report of one file: the state of several is not known, nor can all names be written."""
        if found.whole and self.path and printable(found.path) == found.path:
            self.fresh[absolute(found.path)] = Entry(found.size, found.mtime, report)

    def save(self) -> None:
        """Write what is new, in one step; where that is not possible nothing is kept."""
        if not self.path or not self.fresh:
            return
        files = dict(list({**self.kept, **self.fresh}.items())[-MOST:])
        write_whole(self.path, msgspec.json.encode(Stored(self.made_by, files)))
