"""Opening the database of past runs, whatever lies in its place."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import facts
from ..errors import HistoryError
from .schema import bring_forward, version_of

if TYPE_CHECKING:
    from sqlite3 import Connection

BESIDE = ("-wal", "-shm")
log = logging.getLogger(__name__)


def limits() -> dict[str, Any]:
    """Our own settings of the memory of past runs: `[history]` of `data/comfyui_side.toml`."""
    found: dict[str, Any] = facts.table("comfyui_side")["history"]
    return found


def for_writing(path: Path) -> Connection:
    """The database, made or brought forward; a broken one is put aside under another name, and said so.

    Raises `HistoryError` for one that cannot be opened, and `sqlite3.Error` for one that is locked.
    """
    import sqlite3

    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return _ready(path)
    except sqlite3.OperationalError:
        if not path.is_dir():
            raise
    except sqlite3.DatabaseError:
        pass
    aside = put_aside(path)
    log.warning("VRAM Forecast: the memory of past runs was broken; it is kept as %s", aside.name)
    return _ready(path)


def for_reading(path: Path) -> Connection:
    """The database as it is. Raises `HistoryError` for a version that is not ours."""
    database = connect(path, "ro")
    try:
        if not version_of(database):
            raise HistoryError("no memory of past runs in this file")
    except BaseException:
        database.close()
        raise
    return database


def connect(path: Path, mode: str) -> Connection:
    """A connection for any thread, one at a time; its transactions are begun by hand."""
    import sqlite3

    waits = limits()["busy_seconds"]
    address = f"{path.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(address, uri=True, timeout=waits, isolation_level=None, check_same_thread=False)


def _ready(path: Path) -> Connection:
    """A connection to a whole database of our version."""
    import sqlite3

    database = connect(path, "rwc")
    try:
        if not version_of(database):  # it has an effect only before the first table, and takes a lock
            database.execute("PRAGMA auto_vacuum = INCREMENTAL")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")  # with WAL whole after any kill
        database.execute("PRAGMA foreign_keys = ON")
        database.execute(f"PRAGMA journal_size_limit = {limits()['most_bytes']}")
        found = database.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise sqlite3.DatabaseError(found)
        bring_forward(database)
    except BaseException:
        database.close()
        raise
    return database


def put_aside(path: Path) -> Path:
    """Give what lies there the first free name of a few. Raises `HistoryError` where all are taken."""
    for number in range(1, limits()["most_broken"] + 1):
        aside = path.with_name(f"{path.name}.broken-{number}")
        if not aside.exists():
            path.rename(aside)
            for end in BESIDE:
                path.with_name(path.name + end).unlink(missing_ok=True)
            return aside
    raise HistoryError(
        "broken again, and no name is left to keep it by", where=path.name, do="Delete it and its copies."
    )
