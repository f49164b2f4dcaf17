"""Bytes that come and go: sizes in place of tensors, for what no affine law can say (`turns.py`)."""

from __future__ import annotations

from typing import NamedTuple

TAPS = 3  # frames that a convolution of these autoencoders looks at


class Tally:
    """What is held now, the most that ever was, and the most that one convolution read and wrote; bytes."""

    def __init__(self) -> None:
        """Nothing is held."""
        self.live = self.most = self.conv = 0


class Held:
    """So many bytes, which go when nothing refers to them any more, as a tensor's do."""

    __slots__ = ("size", "tally")

    def __init__(self, tally: Tally, size: int) -> None:
        """Counted from now on."""
        self.tally, self.size = tally, size
        tally.live += size
        tally.most = max(tally.most, tally.live)

    def __del__(self) -> None:
        """No longer counted."""
        self.tally.live -= self.size


class Frames(NamedTuple):
    """Some frames, and the bytes that they are a part of: those stay while the frames do."""

    many: int
    held: Held


class Stage:
    """Where frames are as large: `cells` of (height, width) of all a batch, `channels` of `number` bytes.

    `frame` are the bytes of one, `padded` of one with a cell more on each side, `thin` of one channel.
    """

    def __init__(
        self, tally: Tally, batch: int, cells: tuple[int, int], number: int, channels: int, scale: int = 1
    ) -> None:
        """`scale`: along a side, cells here for each of `cells`."""
        self.tally, self.batch, self.cells, self.number = tally, batch, cells, number
        self.channels, self.scale = channels, scale
        height, width = (side * scale for side in cells)
        self.thin = batch * height * width * number
        self.frame = channels * self.thin
        self.padded = batch * channels * (height + 2) * (width + 2) * number

    def made(self, count: int) -> Frames:
        """New frames."""
        return Frames(count, Held(self.tally, count * self.frame))

    def at(self, channels: int, scale: int = 0) -> Stage:
        """The same video in other channels, and where said at another scale."""
        return Stage(self.tally, self.batch, self.cells, self.number, channels, scale or self.scale)

    def joined(self, one: Frames | None, other: Frames | None) -> Frames | None:
        """Both in a row; no copy is made where one of them is empty."""
        if one is None or not one.many:
            return other if other is not None and other.many else None
        if other is None or not other.many:
            return one
        return self.made(one.many + other.many)


class Convolution:
    """A convolution over frames that come in turns: it keeps the last ones for those that follow.

    `causal`: it looks back only. `padded`: it copies its input with an edge around it.
    """

    def __init__(self, takes: Stage, gives: Stage, causal: bool, padded: bool) -> None:
        """Nothing is kept yet, and more is to come."""
        self.takes, self.gives, self.causal, self.padded = takes, gives, causal, padded
        self.kept: Frames | None = None
        self.ended = False

    def run(self, given: Frames) -> Frames:
        """What comes out of these frames and those kept; `given` goes where the caller holds it no more."""
        kept, before = self.kept, 2 if self.causal else 1
        if kept is None and not given.many:
            return self.gives.made(0)
        kept = kept or self.takes.made(before)
        last = self.takes.made(1) if self.ended and not self.causal and given.many else None
        if not self.ended and given.many >= TAPS - 1:
            self.kept = Frames(TAPS - 1, given.held)
        row = self.takes.made(kept.many + given.many + (last is not None))
        del last, kept
        if self.ended:
            self.kept = None
        elif given.many < TAPS - 1:
            self.kept = Frames(TAPS - 1, row.held)
        return self.convolved(row)

    def convolved(self, row: Frames) -> Frames:
        """The convolution itself."""
        if row.many < TAPS:
            return self.gives.made(0)
        takes, gives, tally = self.takes, self.gives, self.takes.tally
        read = row.many * (takes.padded if self.padded else takes.frame)
        copy = Held(tally, read) if self.padded else row.held
        found = gives.made(row.many - TAPS + 1)
        del copy
        tally.conv = max(tally.conv, read + found.many * gives.frame)
        return found


def exchanged(stage: Stage, made: Frames | None, kept: Frames | None, added: Frames | None) -> Frames | None:
    """What a shortcut still keeps after as many of its frames as were `made` have been added to those."""
    if made is not None and added is not None:
        late = min(made.many, kept.many) if kept else 0
        kept = Frames(kept.many - late, kept.held) if kept else None
        added = Frames(max(0, added.many - made.many + late), added.held)
    return stage.joined(kept, added)
