"""What of a prompt runs in its first run and in the next, and how long its results stay in RAM.

ComfyUI keeps results by what they were made of (comfy_execution/caching.py). `classic`: until a prompt comes
that has no such node. `lru`: beyond that, as many as it is told. `ram`: as `classic`, and less where RAM runs
short. `none`: only until the last node that takes them has run.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from heapq import heappop, heappush
from typing import Literal

import msgspec

from .graph import Graph
from .order import NOTHING, order
from .repeat import always, changing
from .signature import Signer

Kind = Literal["classic", "lru", "ram", "none"]


class Cache(msgspec.Struct, frozen=True):
    """How ComfyUI keeps results. `size`: how many, for `lru`; for `ram`, bytes: when less RAM than `left` is
    available, results of at least `large` go until there is `ease` times as much.
    """

    kind: Kind
    size: int = 0
    left: int = 0
    large: int = 0
    ease: float = 1.0


class Life(msgspec.Struct, frozen=True):
    """A node's result: the number of the step that makes it, and of the last that takes it.

    `kept`: it stays when that is done, to the next prompt or until RAM runs short.
    """

    made: int
    used: int
    kept: bool


class Runs:
    """A prompt and the run after it: `first` are the nodes that run at first, in order."""

    def __init__(
        self,
        graph: Graph,
        cache: Cache,
        outputs: Sequence[str] = (),
        unused: Mapping[str, Collection[str]] = NOTHING,
        changed: Collection[str] | None = None,
        visited: Sequence[str] = (),
        signer: Signer | None = None,
    ) -> None:
        """`outputs`, `unused`: as `order` takes them; `changed`: the nodes that are another in the next run
        (those whose seeds move on); `visited`: what `order` gave, and `signer` of the graph, where they were
        asked before.
        Raises `InputError` where nodes feed each other.
        """
        self.ask = (graph, outputs, unused)
        self.before, self.after = dict[str, int](), dict[str, int]()
        if cache.kind == "none":
            self.first = tuple(order(*self.ask, {}))
            return
        signer, each_time = signer or Signer(graph), always(graph)
        self.before = signer.sign(each_time)
        self.after = signer.sign(each_time | set(changing(graph) if changed is None else changed))
        self.first = executed(visited or order(*self.ask, self.before), self.before, ())

    def next(self, lost: Collection[str] = ()) -> tuple[str, ...]:
        """The nodes that the next run executes again, in order, where the results of `lost` are gone."""
        if not self.before:  # nothing is kept
            return self.first
        kept = {self.before[one] for one in self.first if one not in lost}
        return executed(order(*self.ask, self.after, kept), self.after, kept)

    def piled(self, size: int) -> int:
        """How many earlier runs' results a cache of `size` holds beside the last's, after many runs."""
        kept, new = {self.before[one] for one in self.first} & set(self.after.values()), len(self.next())
        return max(0, size - len(kept)) // new if new else 0


def again(graph: Graph, changed: Collection[str] | None = None) -> set[str]:
    """The nodes that the next run of the same prompt executes again, nothing having been lost."""
    return set(Runs(graph, Cache("classic"), changed=changed).next())


def executed(visited: Sequence[str], signatures: Mapping[str, int], kept: Collection[int]) -> tuple[str, ...]:
    """The nodes that really run: of those that are alike the first, and none whose result is there."""
    met, found = set(kept), []
    for node_id in visited:
        if signatures[node_id] not in met:
            met.add(signatures[node_id])
            found.append(node_id)
    return tuple(found)


def lives(
    graph: Graph,
    steps: Sequence[str],
    cache: Cache,
    unused: Mapping[str, Collection[str]] = NOTHING,
    signatures: Mapping[str, int] | None = None,
) -> dict[str, Life]:
    """How long the result of each node of `steps`, the nodes in the order in which they run, stays.

    `unused`, `signatures`: as `order` takes them; a result serves all nodes that are like its own.
    """
    known = Signer(graph).sign(always(graph)) if signatures is None else signatures
    alike: Mapping[str, int] = {} if cache.kind == "none" else known
    last: dict[str | int, int] = {alike.get(one, one): number for number, one in enumerate(steps)}
    for number, one in enumerate(steps):
        for name, link in graph.nodes[one].links().items():
            source = alike.get(link.node, link.node)
            if source in last and name not in unused.get(one, ()):
                last[source] = max(last[source], number)
    kept = cache.kind != "none"
    return {one: Life(number, last[alike.get(one, one)], kept) for number, one in enumerate(steps)}


class Held(msgspec.Struct, frozen=True):
    """What results take in RAM at most, bytes, and the nodes whose results went to make room.

    `at`: what they take once each node has made its own.
    """

    peak: int
    lost: frozenset[str]
    at: dict[str, int] = {}


def held(lives: Mapping[str, Life], sizes: Mapping[str, int], cache: Cache, room: int) -> Held:
    """The results of one run in RAM. `sizes`: bytes of each node's; `room`: bytes that all may take.

    What a later step takes stays, whatever the cache does; of the others the largest go first.
    """
    last: dict[int, list[str]] = {}
    for one, life in lives.items():
        last.setdefault(life.used, []).append(one)
    taken, at, lost = 0, dict[str, int](), set[str]()
    idle: list[tuple[int, str]] = []
    for number, one in enumerate(lives):
        taken += sizes.get(one, 0)
        at[one] = taken
        for done in last.get(number, ()):
            size = sizes.get(done, 0)
            if not lives[done].kept:
                taken -= size
            elif cache.kind == "ram" and size and size >= cache.large:
                heappush(idle, (-size, done))
        target = room - round((cache.ease - 1) * cache.left) if taken > room else taken
        while taken > target and idle:
            size, gone = heappop(idle)
            taken += size
            lost.add(gone)
    return Held(max(at.values(), default=0), frozenset(lost), at)
