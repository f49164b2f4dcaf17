"""What of a prompt runs in its first run and in the next, and how long its results stay in RAM.

ComfyUI keeps results by what they were made of (comfy_execution/caching.py). `classic`: until a prompt comes
that has no such node. `lru`: beyond that, as many as it is told. `ram`: as `classic`, and less where RAM runs
short. `none`: only until the last node that takes them has run.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
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


class Runs(msgspec.Struct, frozen=True):
    """The nodes that run, in order: in the `first` run, and in the `next`, which re-uses results."""

    first: tuple[str, ...]
    next: tuple[str, ...]


class Life(msgspec.Struct, frozen=True):
    """A node's result: the number of the step that makes it, and of the last that takes it.

    `kept`: it stays when that is done, to the next prompt or until RAM runs short.
    """

    made: int
    used: int
    kept: bool


def runs(
    graph: Graph,
    cache: Cache,
    outputs: Sequence[str] = (),
    unused: Mapping[str, Collection[str]] = NOTHING,
    changed: Collection[str] | None = None,
    lost: Collection[str] = (),
) -> Runs:
    """Two runs of a prompt, one after the other.

    `outputs`, `unused`: as `order` takes them; `changed`: the nodes that are another in the next run (those
    whose seeds move on); `lost`: nodes whose results are no longer there then.
    Raises `InputError` where nodes feed each other.
    """
    if cache.kind == "none":
        every = tuple(order(graph, outputs, unused, {}))
        return Runs(every, every)
    signer, anew = Signer(graph), always(graph)
    before = signer.sign(anew)
    first = executed(order(graph, outputs, unused, before), before, ())
    kept = {before[one] for one in first if one not in lost}
    after = signer.sign(anew | set(changing(graph) if changed is None else changed))
    return Runs(first, executed(order(graph, outputs, unused, after, kept), after, kept))


def again(graph: Graph, changed: Collection[str] | None = None) -> set[str]:
    """The nodes that the next run of the same prompt executes again, nothing having been lost."""
    return set(runs(graph, Cache("classic"), changed=changed).next)


def executed(visited: Sequence[str], signatures: Mapping[str, int], kept: Collection[int]) -> tuple[str, ...]:
    """The nodes that really run: of those that are alike the first, and none whose result is there."""
    met, found = set(kept), []
    for node_id in visited:
        if signatures[node_id] not in met:
            met.add(signatures[node_id])
            found.append(node_id)
    return tuple(found)


def lives(
    graph: Graph, steps: Sequence[str], cache: Cache, unused: Mapping[str, Collection[str]] = NOTHING
) -> dict[str, Life]:
    """How long the result of each node of `steps`, the nodes in the order in which they run, stays."""
    alike = Signer(graph).sign(always(graph)) if cache.kind != "none" else {}
    made = {alike.get(one, one): number for number, one in enumerate(steps)}
    used = dict(made)
    for number, one in enumerate(steps):
        for name, link in graph.nodes[one].links().items():
            source = alike.get(link.node, link.node)
            if source in used and name not in unused.get(one, ()):
                used[source] = max(used[source], number)
    return {
        one: Life(number, used[alike.get(one, one)], cache.kind != "none") for number, one in enumerate(steps)
    }
