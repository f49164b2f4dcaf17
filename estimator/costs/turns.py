"""A video autoencoder that takes a video in turns: the most that is live, by going through them.

ComfyUI's LTX autoencoders cut what lies between two blocks into pieces of at most so many bytes, along time,
and each convolution keeps frames for the next piece. No affine law says what that comes to, since pieces are
whole frames: so the blocks are gone through here with sizes in place of tensors. `data/turns.toml` says how
each is built.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import msgspec

from .. import facts
from .blocks import Larger, Layers, Smaller, Way, normed, shifted
from .held import Convolution, Frames, Stage, Tally

PATCH = 48  # channels of 4 x 4 pixels of three colours


class Most(NamedTuple):
    """The most bytes that are live, and that one convolution reads and writes."""

    live: int
    conv: int


class Video(NamedTuple):
    """What goes through: a latent's sides, bytes of a number, and bytes of the card's memory."""

    batch: int
    frames: int
    height: int
    width: int
    number: int
    card: int


def has(name: str) -> bool:
    """Whether there is a way of that name."""
    return any(row["id"] == name for row in facts.table("turns")["way"])


def most(name: str, video: Video) -> Most:
    """The most of a video on a card; a long one goes on as the last half of what is gone through did."""
    rule = facts.table("turns")["longest"]
    longest = max(rule["frames"], rule["cells"] // (video.height * video.width))
    if video.frames <= longest:
        return walked(name, video)
    half, full = (walked(name, video._replace(frames=count)) for count in (longest // 2, longest))
    more = max(0, full.live - half.live) * (video.frames - longest) // (longest - longest // 2)
    return Most(full.live + more, full.conv)


@lru_cache(maxsize=256)
def walked(name: str, video: Video) -> Most:
    """The most of a video, gone through."""
    row = next(row for row in facts.table("turns")["way"] if row["id"] == name)
    way, tally = msgspec.convert(row, Way), Tally()
    latent = Stage(tally, video.batch, (video.height, video.width), video.number, way.latent)
    walk = Encoding(way, latent) if way.scale > 1 else Decoding(way, latent)
    walk.run(video.frames, limit(video.card))
    return Most(tally.most, tally.conv)


def limit(card: int) -> int:
    """Bytes of a piece on a card of so many: between a least and a most one, by its whole memory."""
    row = facts.table("turns")["limit"]
    span = row["most_card"] - row["least_card"]
    part = min(1.0, max(0.0, (card - row["least_card"]) / span))
    return int(row["least"] + part * (row["most"] - row["least"]))


class Decoding:
    """A latent to a video: what a block makes is cut in pieces, each of which goes all the way at once."""

    def __init__(self, way: Way, latent: Stage) -> None:
        """All blocks, new."""
        self.way, self.latent, stage = way, latent, latent.at(way.channels)
        self.enters = Convolution(latent, stage, False, way.padded)
        self.blocks: list[Layers | Larger] = []
        for block in way.blocks:
            if block.does == "larger":
                self.blocks.append(Larger(way, stage, block))
            else:
                self.blocks.append(Layers(way, stage, block.layers, False))
            stage = self.blocks[-1].gives
        self.last, self.pixels = stage, stage.at(PATCH)
        self.leaves = Convolution(stage, self.pixels, False, way.padded)
        self.limit = 0

    def run(self, count: int, limit: int) -> None:
        """So many latent frames."""
        self.limit = limit
        held = [self.latent.made(count) for _ in range(2 if self.way.timed else 1)]  # with noise, and without
        scaled = self.latent.made(count)
        held.append(self.latent.made(count))
        del scaled
        self.enters.ended = True
        held.append(self.enters.run(held[-1]))
        self.onward(0, [held[-1]], True)

    def onward(self, at: int, hand: list[Frames], ended: bool) -> None:
        """A piece through this block and all behind it; `hand` alone holds it, and lets go."""
        if at == len(self.blocks):
            self.out(hand.pop(), ended)
            return
        block = self.blocks[at]
        for part in block.convolutions if ended else ():
            part.ended = True
        given = hand.pop()
        found = block.run(given)
        del given
        if found is None or not found.many:
            return
        pieces = max(1, -(-found.many * block.gives.frame // self.limit))
        if pieces == 1:
            hand.append(found)
            del found
            self.onward(at + 1, hand, ended)
            return
        step = -(-found.many // pieces)
        for start in range(0, found.many, step):
            piece = Frames(min(step, found.many - start), found.held)
            self.onward(at + 1, [piece], ended and start + step >= found.many)

    def out(self, given: Frames, ended: bool) -> None:
        """The last norm and convolution, and its channels as pixels, which go to RAM."""
        given = normed(self.last, given)
        if self.way.timed:
            given = shifted(self.last, given)
        given = self.last.made(given.many)
        self.leaves.ended = ended
        found = self.leaves.run(given)
        del given
        self.pixels.made(found.many)


class Encoding:
    """A video to a latent: its first frame alone, then so many at a time, each piece through all blocks."""

    def __init__(self, way: Way, latent: Stage) -> None:
        """All blocks, new."""
        self.way, self.latent = way, latent
        self.patches = latent.at(PATCH, way.scale)
        stage = latent.at(way.channels, way.scale)
        self.enters = Convolution(self.patches, stage, True, way.padded)
        self.blocks: list[Layers | Smaller] = []
        for block in way.blocks:
            if block.does == "smaller":
                self.blocks.append(Smaller(way, stage, block))
            else:
                self.blocks.append(Layers(way, stage, block.layers, True))
            stage = self.blocks[-1].gives
        self.last = stage
        self.leaves = Convolution(stage, stage.at(way.latent + 1), True, way.padded)

    def run(self, count: int, limit: int) -> None:
        """As many frames as make so many latent ones."""
        done: list[Frames] = []
        turns = self.turns(count, limit)
        video = self.patches.made(sum(turns)) if self.way.whole else None
        for at, frames in enumerate(turns):
            piece = self.patches.made(frames)
            if at == len(turns) - 1:
                self.end()
            found = self.through(piece)
            done += [found] if found else []
        if len(done) > 1:
            self.latent.at(2 * self.way.latent).made(sum(one.many for one in done))
        del video

    def turns(self, count: int, limit: int) -> list[int]:
        """Frames of each piece: by what a frame takes behind the first convolution."""
        rule = facts.table("turns")["encoding"]
        fit = max(rule["least"], rule["factor"] * limit // self.patches.at(self.way.channels).frame)
        step = max(one for one in (*rule["few"], fit // rule["whole"] * rule["whole"]) if one <= fit)
        rest = rule["ratio"] * (count - 1)
        return [1, *(min(step, rest - start) for start in range(0, rest, step))]

    def end(self) -> None:
        """No more is to come."""
        parts = [part for block in self.blocks for part in block.convolutions]
        for part in (self.enters, *parts, self.leaves):
            part.ended = True

    def through(self, given: Frames) -> Frames | None:
        """A piece through all blocks; None where its frames wait for more."""
        found = self.enters.run(given)
        for block in self.blocks:
            made = block.run(found)
            if made is None or not made.many:
                return None
            found = made
            del made
        found = normed(self.last, found)
        found = self.last.made(found.many)
        found = self.leaves.run(found)
        return self.with_variances(found) if found.many else None

    def with_variances(self, means: Frames) -> Frames:
        """Means beside variances, which are one number repeated."""
        latent = self.latent.at(self.way.latent)
        copies = latent.made(means.many), latent.made(means.many) if self.way.whole else None
        found = self.latent.at(2 * self.way.latent).made(means.many)
        del copies
        return found
