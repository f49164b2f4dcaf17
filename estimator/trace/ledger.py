"""What was tried to trace, by all ComfyUIs of this user: neither twice at once, nor again what failed."""

from __future__ import annotations

import contextlib
import hashlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import msgspec

from .. import facts
from .request import Why

DAY = 86_400


class Entry(msgspec.Struct, frozen=True):
    """One attempt: when it ended (seconds since 1970), and why it failed; empty where it did not."""

    when: float
    why: Why = ""


class Ledger:
    """The attempts of all, a file for each model and version; its own a process knows without files too."""

    def __init__(self) -> None:
        """Nothing is read until it is asked for."""
        self.folder = facts.user_folder() / "tracing"
        self.own: dict[Path, Entry] = {}

    def tried(self, architecture: str, version: str) -> Entry | None:
        """How it went with this version of ComfyUI; None where it was not tried."""
        file = self.file(architecture, version)
        return self.own.get(file) or entry(file)

    def note(self, architecture: str, version: str, why: Why) -> None:
        """Remember how it went."""
        file = self.file(architecture, version)
        self.own[file] = Entry(time.time(), why)
        facts.write_whole(file, msgspec.json.encode(self.own[file]))

    def today(self) -> int:
        """How many attempts ended within a day."""
        known = {file: entry(file) for file in self.folder.glob("*.json")} | self.own
        return sum(one is not None and 0 <= time.time() - one.when < DAY for one in known.values())

    def file(self, architecture: str, version: str) -> Path:
        """Where an attempt is noted."""
        name = hashlib.blake2b(f"{architecture} {version}".encode(), digest_size=12).hexdigest()
        return self.folder / f"{name}.json"

    @contextlib.contextmanager
    def alone(self) -> Iterator[bool]:
        """Whether nobody else of this user traces inside; the system itself ends that with the process."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            file = (self.folder / "one-at-a-time").open("ab")
        except OSError:  # nothing can be written, so nobody shares anything
            yield True
            return
        with file:
            yield held(file)


def held(file: IO[bytes]) -> bool:
    """Whether a lock on a file is ours, until it is closed."""
    try:
        if sys.platform == "win32":  # pragma: no cover
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # on Windows it is taken; elsewhere this is a drive that knows no locks
        return sys.platform != "win32"
    return True


def entry(file: Path) -> Entry | None:
    """An attempt; None where none is noted, or what is noted cannot be read."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Entry)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None
