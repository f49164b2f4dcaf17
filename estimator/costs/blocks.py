"""The blocks of an autoencoder that takes a video in turns, with sizes in place of tensors (`turns.py`)."""

from __future__ import annotations

import msgspec

from .held import Convolution, Frames, Held, Stage, exchanged


class Block(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Residual layers, or a change of size by `frames` and `side` to `channels`, maybe with a shortcut."""

    does: str
    layers: int = 0
    channels: int = 0
    frames: int = 1
    side: int = 1
    shortcut: bool = True


class Way(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One way through an autoencoder. `scale`: cells of its first block along a side of a latent cell.

    `timed`: its norms are shifted by a time; `padded`: it copies edges; `whole`: it makes all
    variances, and has all of the video on the card from the start.
    """

    id: str
    source: str
    latent: int
    channels: int
    blocks: tuple[Block, ...]
    scale: int = 1
    timed: bool = False
    padded: bool = False
    whole: bool = False


class Residual:
    """Two convolutions behind norms, and a shortcut whose frames wait for theirs."""

    def __init__(self, way: Way, stage: Stage, causal: bool) -> None:
        """Nothing waits yet."""
        self.stage, self.timed = stage, way.timed
        self.convolutions = [Convolution(stage, stage, causal, way.padded) for _ in range(2)]
        self.kept: Frames | None = None

    def run(self, given: Frames) -> Frames:
        """A piece."""
        found = given
        for one in self.convolutions:
            found = normed(self.stage, found)
            if self.timed:
                found = shifted(self.stage, found)
            found = self.stage.made(found.many)  # the activation, in a copy
            found = one.run(found)
        self.kept = exchanged(self.stage, found, self.kept, given)
        return found


def normed(stage: Stage, given: Frames) -> Frames:
    """A norm over channels: squares, their mean, and the quotient."""
    squares, mean = stage.made(given.many), Held(stage.tally, given.many * stage.thin)
    del squares, mean
    return stage.made(given.many)


def shifted(stage: Stage, given: Frames) -> Frames:
    """A scale and a shift by a time."""
    scaled = stage.made(given.many)
    found = stage.made(scaled.many)
    del scaled
    return found


class Layers:
    """Residual layers, one after the other."""

    def __init__(self, way: Way, stage: Stage, count: int, causal: bool) -> None:
        """So many, alike."""
        self.gives = stage
        self.each = [Residual(way, stage, causal) for _ in range(count)]
        self.convolutions = [part for one in self.each for part in one.convolutions]

    def run(self, given: Frames) -> Frames:
        """A piece."""
        for one in self.each:
            given = one.run(given)
        return given


class Larger:
    """Twice the frames, rows and columns: channels become cells, on both ways."""

    def __init__(self, way: Way, stage: Stage, block: Block) -> None:
        """From `stage` to what the block says."""
        cells = block.frames * block.side**2
        self.gives = stage.at(block.channels, stage.scale * block.side)
        self.short = self.gives.at(stage.channels // cells)
        self.convolutions = [Convolution(stage, stage.at(cells * block.channels), False, way.padded)]
        self.times, self.shortcut = block.frames, block.shortcut
        self.first = self.first_short = block.frames > 1
        self.kept: Frames | None = None

    def run(self, given: Frames) -> Frames | None:
        """A piece, without the first of all frames: that one was made twice."""
        made = self.shuffled(self.convolutions[0].run(given))
        found, self.first = dropped(made, self.first)
        del made
        if not self.shortcut:
            return found
        added = self.widened(self.short.made(self.times * given.many))
        added, self.first_short = dropped(added, self.first_short)
        self.kept = exchanged(self.gives, found if found.many else None, self.kept, added)
        return found if found.many else None

    def shuffled(self, given: Frames) -> Frames:
        """Channels as cells, in a copy."""
        return self.gives.made(self.times * given.many)

    def widened(self, given: Frames) -> Frames:
        """Channels repeated, in a copy."""
        return self.gives.made(given.many)


def dropped(given: Frames, first: bool) -> tuple[Frames, bool]:
    """Frames without the first of all, and whether that is still to come."""
    return (Frames(given.many - 1, given.held), False) if given.many and first else (given, first)


class Smaller:
    """Fewer frames, rows or columns: cells become channels, on both ways; odd frames wait."""

    def __init__(self, way: Way, stage: Stage, block: Block) -> None:
        """From `stage` to what the block says."""
        cells = block.frames * block.side**2
        self.takes, self.times = stage, block.frames
        self.gives = stage.at(block.channels, stage.scale // block.side)
        self.shuffle = self.gives.at(stage.channels * cells)
        self.narrow = stage.at(block.channels // cells)
        self.convolutions = [Convolution(stage, self.narrow, True, way.padded)]
        self.state: tuple[Frames | None, bool, Frames | None, Frames | None] = (None, True, None, None)

    def run(self, given: Frames) -> Frames | None:
        """A piece; the first of all frames counts twice where frames are joined."""
        kept, first, odd, waiting = self.state
        given, waiting = self.takes.joined(waiting, given) or given, None
        if self.times > 1 and first:
            given, first = self.takes.made(given.many + 1), False
        if given.many < self.times:
            self.state = (kept, first, odd, given)
            return None
        short = self.averaged(self.shuffle.made(given.many // self.times))
        found: Frames | None = self.convolutions[0].run(given)
        if self.times > 1 and found and found.many == 1:
            found, odd = (self.narrow.joined(odd, found), None) if odd else (None, found)
        found = self.gives.made(found.many // self.times) if found else None
        self.state = (exchanged(self.gives, found, kept, short), first, odd, waiting)
        return found

    def averaged(self, given: Frames) -> Frames:
        """Groups of channels, averaged."""
        return self.gives.made(given.many)
