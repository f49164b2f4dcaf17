"""A recorded machine: a JSON file of readings in the place of drivers, for tests and for other machines."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from ...errors import InputError
from ..machine import Disk, Os
from .readings import Bytes, Card

LARGEST_FILE = 1 << 20


class Recording(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file: the readings, how they were `made`, and the `source` of the formats they follow."""

    schema: Literal[1]
    made: str
    source: tuple[str, ...]
    system: Os
    ram_total: Bytes
    ram_free: Bytes
    cards: tuple[Card, ...] = ()
    swap: Bytes = 0
    disk: Disk = ""
    environment: dict[str, str] = {}


class Recorded:
    """A `Probe` that answers from a recording."""

    def __init__(self, recording: Recording) -> None:
        """Answer for the machine that was recorded."""
        self.recording = recording

    def system(self) -> Os:
        """Its operating system."""
        return self.recording.system

    def cards(self) -> tuple[Card, ...]:
        """Its cards."""
        return self.recording.cards

    def ram(self) -> tuple[int, int]:
        """Its RAM, total and available."""
        return self.recording.ram_total, self.recording.ram_free

    def swap(self) -> int:
        """Its swap."""
        return self.recording.swap

    def disk(self, path: Path | None) -> Disk:
        """Its disk, whatever the path: a recording has one."""
        return self.recording.disk

    def variable(self, name: str) -> str:
        """An environment variable as it was there."""
        return self.recording.environment.get(name, "")


def recorded(path: Path) -> Recorded:
    """The machine of a recording. Raises `InputError` where the file is none."""
    do = "See tests/runtime/machines for recordings."
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise InputError("too large for a recorded machine", where=str(path), do=do)
        return Recorded(msgspec.json.decode(path.read_bytes(), type=Recording))
    except OSError as error:
        raise InputError(error.strerror or "not readable", where=str(path)) from None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"no recorded machine ({error})", where=str(path), do=do) from None
