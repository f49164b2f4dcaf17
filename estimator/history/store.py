"""The memory of past runs: one SQLite file that several processes and threads share."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import msgspec

from ..errors import HistoryError
from .opened import for_reading, for_writing, limits
from .owner import gone, owner
from .rows import Done, Outcome, Run, Setup

if TYPE_CHECKING:
    from sqlite3 import Connection

__all__ = ["HistoryError", "Store"]

RUN = "SELECT row, outcome, node, seconds FROM runs"


class Store:
    """What ran here, bounded: the oldest runs go first. Every method raises `HistoryError` and no other."""

    def __init__(self, path: Path, *, writes: bool = True) -> None:
        """Open the file, made where there is none; without `writes` it stays as it is.

        Runs of processes that have died since are `interrupted` from then on.
        """
        self.path, self._name = Path(path), Path(path).name
        self._turn = {"write": Lock(), "read": Lock()}
        self._open: dict[str, Connection] = {}
        with self._told():
            if writes:
                self._open["write"] = for_writing(self.path)
            self._open["read"] = for_reading(self.path)
        if writes:
            with contextlib.suppress(HistoryError):  # another process holds it: at the next start
                self._end_orphans()

    def begin(self, run: Run) -> None:
        """A run begins, of this process."""
        setup = _text(run.setup)
        values = (
            run.id,
            run.began,
            run.graph,
            setup,
            run.outcome,
            run.node,
            run.seconds,
            owner(),
            _bytes(run),
        )
        with self._write() as database:
            database.execute(
                "INSERT INTO runs (id, began, graph, setup, outcome, node, seconds, owner, row)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                values,
            )
            _forget_oldest(database)

    def add(self, done: Done) -> None:
        """A node of a run is done; beyond the most nodes of a run it is not kept."""
        with self._write() as database:
            kept = database.execute("SELECT count(*) FROM nodes WHERE run = ?", (done.run,)).fetchone()[0]
            if kept < limits()["most_nodes"]:
                row = (done.run, done.law, _bytes(done))
                database.execute("INSERT INTO nodes (run, law, row) VALUES (?, ?, ?)", row)

    def end(self, run_id: str, outcome: Outcome, *, seconds: float | None = None, node: str = "") -> None:
        """A run is over; `node`: where it stopped."""
        with self._write() as database:
            database.execute(
                "UPDATE runs SET outcome = ?, seconds = ?, node = ? WHERE id = ?",
                (outcome, seconds, node, run_id),
            )
            _forget_oldest(database)
        with self._told(), self._turn["write"]:
            self._connection("write").execute("PRAGMA incremental_vacuum").fetchall()

    def runs(self, most: int = 20, graph: str = "") -> list[Run]:
        """The last runs, newest first; of one workflow where its `graph` is given."""
        where, values = (" WHERE graph = ?", [graph]) if graph else ("", [])
        order = " ORDER BY began DESC, number DESC LIMIT ?"
        return [_run(*row) for row in self._read(RUN + where + order, *values, max(0, most))]

    def run(self, run_id: str) -> Run | None:
        """One run; None where it is not known."""
        return next((_run(*row) for row in self._read(f"{RUN} WHERE id = ?", run_id)), None)

    def nodes(self, run_id: str) -> list[Done]:
        """The nodes of a run in the order in which they were done."""
        return [
            _done(row) for (row,) in self._read("SELECT row FROM nodes WHERE run = ? ORDER BY number", run_id)
        ]

    def points(self, setup: Setup) -> list[Done]:
        """What was measured of laws on this setup, newest first, for learning."""
        rows = self._read(
            "SELECT nodes.row FROM nodes JOIN runs ON runs.id = nodes.run"
            " WHERE runs.setup = ? AND nodes.law != '' ORDER BY nodes.number DESC LIMIT ?",
            _text(setup),
            limits()["most_points"],
        )
        return [_done(row) for (row,) in rows]

    def close(self) -> None:
        """Let go of the file; a second time does nothing."""
        for kind in ("read", "write"):
            with self._told(), self._turn[kind]:
                if kind in self._open:
                    self._open.pop(kind).close()

    def _end_orphans(self) -> None:
        """Runs of processes that have died are over."""
        running = "SELECT DISTINCT owner FROM runs WHERE outcome = 'running'"
        dead = [one for (one,) in self._read(running) if gone(one)]
        if dead:
            with self._write() as database:
                database.executemany(
                    "UPDATE runs SET outcome = 'interrupted' WHERE outcome = 'running' AND owner = ?",
                    [(one,) for one in dead],
                )

    def _connection(self, kind: str) -> Connection:
        """The connection for reading or writing. Raises `HistoryError` where there is none."""
        if kind not in self._open:
            what = "closed" if not self._open else "opened for reading only"
            raise HistoryError(f"the memory of past runs is {what}", where=self._name)
        return self._open[kind]

    def _read(self, question: str, *values: object) -> list[tuple[Any, ...]]:
        """All rows of an answer."""
        with self._told(), self._turn["read"]:
            return self._connection("read").execute(question, values).fetchall()

    @contextlib.contextmanager
    def _write(self) -> Iterator[Connection]:
        """One transaction, whole or not at all."""
        with self._told(), self._turn["write"]:
            database = self._connection("write")
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
                database.execute("COMMIT")
            except BaseException:
                if database.in_transaction:  # a full disk has ended it already
                    database.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Whatever SQLite or the disk refuses, as one line of ours."""
        import sqlite3

        try:
            yield
        except (sqlite3.Error, OSError, msgspec.MsgspecError, ValueError) as error:
            raise HistoryError(
                f"the memory of past runs cannot be used ({error})", where=self._name
            ) from error


def _forget_oldest(database: Connection) -> None:
    """Delete the oldest runs beyond the most that are kept, in number or in bytes; never the newest."""
    most = limits()
    database.execute(
        "DELETE FROM runs WHERE number IN (SELECT number FROM runs ORDER BY began DESC, number DESC"
        " LIMIT -1 OFFSET ?)",
        (most["most_runs"],),
    )
    while _bytes_used(database) > most["most_bytes"]:
        oldest = (
            "SELECT number FROM runs ORDER BY began, number LIMIT max(1, (SELECT count(*) / 10 FROM runs))"
        )
        newest = "SELECT number FROM runs ORDER BY began DESC, number DESC LIMIT 1"
        gone = database.execute(f"DELETE FROM runs WHERE number IN ({oldest}) AND number != ({newest})")
        if not gone.rowcount:
            return


def _bytes_used(database: Connection) -> int:
    """The bytes of the pages in use."""
    pages, free, size = (
        int(database.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * size


def _bytes(row: Run | Done) -> bytes:
    """A row as it is kept."""
    return msgspec.json.encode(row)


def _text(setup: Setup) -> str:
    """A setup as it is asked for by."""
    return msgspec.json.encode(setup).decode()


def _run(row: bytes, outcome: Outcome, node: str, seconds: float | None) -> Run:
    """A run as it was begun, with what became of it."""
    begun = msgspec.json.decode(row, type=Run)
    return msgspec.structs.replace(begun, outcome=outcome, node=node, seconds=seconds)


def _done(row: bytes) -> Done:
    """A node that was done."""
    return msgspec.json.decode(row, type=Done)
