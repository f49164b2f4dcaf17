"""How a run reads weights that are pages of their files: from pinned copies, the page cache, or disk.

ComfyUI copies what it reads to pinned RAM as far as its budget goes (`runtime/pins.py`), what streams before
what stays on the card; the rest is left to the page cache. A run reads the same files in the same order as
the last one, so a page cache that does not hold all of them drops each before it is wanted again. On Linux
a file's pages leave the page cache as they are copied to pinned RAM (comfy-aimdo hostbuf.c, `mark_cold`).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ..runtime import Held, Machine
from ..runtime.pins import pins
from .ram import Course, Taken, stored, touched
from .step import Placed
from .timing import Moved, Moves


class Stock(msgspec.Struct, frozen=True):
    """What a run finds of the weights that it touches, bytes: all that are `wanted`, the `pinned` of them.

    `missing` of the others are read from disk. `swapped`: the share of other weights that lies on disk.
    """

    wanted: int
    pinned: int
    missing: int
    swapped: float

    def part(self, some: int, size: int) -> int:
        """The part of `some` of the wanted bytes that falls on `size` of them."""
        return size * some // self.wanted if self.wanted else 0


class Files:
    """The files of one prompt on one machine."""

    def __init__(self, machine: Machine, files: dict[str, Held]) -> None:
        """`files`: the models whose weights are pages of their files."""
        self.ram, self.files, self.pins = machine.host.ram_total, files, pins(machine)

    def run(self, placed: Sequence[Placed], course: Course, *, kept: bool) -> tuple[Moves, ...]:
        """What each step of a run moves to the card, and from where; `kept`: the last run's models are there.

        Without them its files are in the page cache, as far as RAM holds them.
        """
        stock, seen = self.stock(placed, course, kept), dict[str, int]()
        return tuple(self.moves(one, at, stock, seen) for one, at in zip(placed, course.steps, strict=True))

    def stock(self, placed: Sequence[Placed], course: Course, kept: bool) -> Stock:
        """What a run finds in RAM."""
        wanted = sum(touched(placed, self.files).values())
        room = max(0, self.ram - max((at.total for at in course.steps), default=0))
        pinned = self.pinned(placed, wanted, room) if kept else 0
        rest, cache = wanted - pinned, room - pinned
        missing = 0 if rest <= cache else rest if kept else rest - cache
        return Stock(wanted, pinned, missing, self.swapped(course.peak))

    def pinned(self, placed: Sequence[Placed], wanted: int, room: int) -> int:
        """Bytes that stay pinned from one run to the next."""
        rule = self.pins
        if rule.forced:
            return wanted
        apt = wanted if rule.resident else sum(streamed(placed, self.files).values())
        return max(0, min(apt, wanted, rule.copies, room - max(rule.spare, rule.kept)))

    def swapped(self, peak: Taken) -> float:
        """The share of the weights that must stay in RAM, and do not find room there."""
        return min(1.0, max(0, peak.total - self.ram) / peak.weights) if peak.weights else 0.0

    def moves(self, placed: Placed, at: Taken, stock: Stock, seen: dict[str, int]) -> Moves:
        """What a step moves: pages of files and other weights together; earlier steps have `seen` so much."""
        files = [one for one in placed.placements if one.key in self.files]
        others = [one for one in placed.placements if one.key not in self.files]
        up = sum(stored(one.uploaded, self.files[one.key]) for one in files)
        each = sum(stored(one.streamed, self.files[one.key]) for one in files)
        streams = self.stream(each, at)
        read = max(0, stock.part(stock.missing, self.fresh(placed, seen)) - streams.disk)
        fast = min(max(0, up - read), stock.part(stock.pinned, up), self.pins.limit)
        uploads = Moved(fast, max(0, up - read - fast), read)
        pinned = min(sum(one.streamed for one in others if one.pinned), self.pins.limit)
        rest = sum(one.streamed for one in others) - pinned
        moved = sum(one.uploaded for one in others)
        return Moves(
            both(uploads, self.plain(0, moved, stock)), both(streams, self.plain(pinned, rest, stock))
        )

    def fresh(self, placed: Placed, seen: dict[str, int]) -> int:
        """Bytes that a step is the first of its run to touch; they are noted in `seen`."""
        found = 0
        for key, size in touched([placed], self.files).items():
            found += max(0, size - seen.get(key, 0))
            seen[key] = max(size, seen.get(key, 0))
        return found

    def stream(self, size: int, at: Taken) -> Moved:
        """Where `size` bytes of files lie that every pass of a step reads."""
        rule, room = self.pins, max(0, self.ram - at.total)
        copies = max(0, min(size, rule.copies, size if rule.forced else room - rule.spare))
        fast, rest = min(copies, rule.limit), size - copies
        disk = rest if rest > room - copies and not rule.forced else 0
        return Moved(fast, size - fast - disk, disk)

    def plain(self, pinned: int, other: int, stock: Stock) -> Moved:
        """Weights that are no pages of files; some are on disk where RAM does not hold them."""
        disk = round(other * stock.swapped)
        return Moved(pinned, other - disk, disk)


def streamed(placed: Sequence[Placed], files: dict[str, Held]) -> dict[str, int]:
    """Bytes of each file that a run streams, each once."""
    found: dict[str, int] = {}
    for step in placed:
        for one in step.placements:
            if one.key in files:
                size = stored(one.streamed, files[one.key])
                found[one.key] = max(found.get(one.key, 0), size)
    return found


def both(one: Moved, other: Moved) -> Moved:
    """Two moves together."""
    return Moved(one.pinned + other.pinned, one.pageable + other.pageable, one.disk + other.disk)


def read(placed: Sequence[Placed], moves: Sequence[Moves]) -> int:
    """Bytes that a run reads from disk."""
    return sum(map(read_by, placed, moves))


def read_by(placed: Placed, moves: Moves) -> int:
    """Bytes that a step reads from disk."""
    return moves.uploaded.disk + moves.streamed.disk * (placed.price.passes if placed.price else 1)


def reader(placed: Sequence[Placed], moves: Sequence[Moves]) -> str:
    """The node that reads most from disk; empty where none does."""
    nodes = ((read_by(one, moved), one.step.node) for one, moved in zip(placed, moves, strict=True))
    most, node = max(nodes, key=lambda pair: pair[0], default=(0, ""))
    return node if most else ""


def cold(placed: Sequence[Placed], files: dict[str, Held], held: dict[str, Held]) -> int:
    """Bytes that a first run reads from disk where RAM holds no file yet."""
    return sum(touched(placed, files).values()) + sum(
        one.file_bytes for key, one in held.items() if key not in files
    )
