"""The tables of past runs, by version; each step forward is one entry of `STEPS`, and none is ever changed.

What is asked for by is a column; the rest of a row is JSON, so that a field more needs no step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import HistoryError

if TYPE_CHECKING:
    from sqlite3 import Connection

STEPS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE runs (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, began REAL NOT NULL,"
        " graph TEXT NOT NULL, setup TEXT NOT NULL, outcome TEXT NOT NULL, node TEXT NOT NULL,"
        " seconds REAL, owner TEXT NOT NULL, row BLOB NOT NULL)",
        "CREATE INDEX runs_by_age ON runs (began)",
        "CREATE INDEX runs_by_setup ON runs (setup)",
        "CREATE TABLE nodes (number INTEGER PRIMARY KEY, run TEXT NOT NULL REFERENCES runs (id)"
        " ON DELETE CASCADE, law TEXT NOT NULL, row BLOB NOT NULL)",
        "CREATE INDEX nodes_by_run ON nodes (run)",
    ),
)
VERSION = len(STEPS)


def version_of(database: Connection) -> int:
    """The version that a database was written in; 0 for an empty one. Raises `HistoryError` for a newer."""
    found = int(database.execute("PRAGMA user_version").fetchone()[0])
    if found > VERSION:
        raise HistoryError(f"the memory of past runs is of version {found}, newer than {VERSION}; left alone")
    return found


def bring_forward(database: Connection) -> None:
    """Take every step that a database lacks, all or none; another process may be doing the same."""
    if version_of(database) == VERSION:
        return
    database.execute("BEGIN IMMEDIATE")
    try:
        for statements in STEPS[version_of(database) :]:
            for statement in statements:
                database.execute(statement)
        database.execute(f"PRAGMA user_version = {VERSION}")
        database.execute("COMMIT")
    except BaseException:
        database.execute("ROLLBACK")
        raise
