"""The dynamic manager: weights fill what activations leave, in pages, and the rest streams.

Specification: comfy-aimdo 0.4.10 (model-vbar.c, plat.h, control.c, vrambuf.c) and ComfyUI 0.33.0
comfy/model_patcher.py:1853-2158, as read in shared reference comfyui-memory.md 1.4 and 1.5. What is worked
out here is how the card stands once a step has run: every page that gives way has given way. Checked beside
aimdo itself on a pretended card: tests/runtime/test_real_pages.py.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ..units import MIB
from .headroom import room, rules
from .joint import Joint, joined
from .machine import Machine
from .placement import Ask, Placement
from .policy import streams, version
from .staging import Staging, aligned
from .weights import Held


class Range:
    """A model's address range and what of it is on the card: its first `pages`, and what has none.

    It is seen by the legacy manager, which may take them away (`patcher.Loaded` has the same names).
    """

    references = 1

    def __init__(self, held: Held, staging: Staging, page: int) -> None:
        """Nothing of it is on the card yet."""
        self.staging, self.page = staging, page
        self.held = held
        self.pages = self.forced = 0
        self.loras: tuple[str, ...] | None = None

    @property
    def bytes(self) -> int:
        """Bytes on the card."""
        return self.pages * self.page + self.forced

    counted = bytes

    @property
    def offloaded(self) -> int:
        """Bytes that ComfyUI takes for missing on the card; less than none where pages are not full."""
        return self.staging.stored - self.bytes

    @property
    def kept(self) -> int:
        """How many of the layers have their pages on the card."""
        return self.staging.count(self.pages * self.page)

    @property
    def wanted(self) -> int:
        """Pages of all layers."""
        return -(-self.staging.bytes // self.page)

    def load(self, held: Held) -> None:
        """`load`: what has no page goes to the card, and all addresses are open again."""
        if self.loras != held.loras:  # patched anew
            self.pages = 0
        self.held, self.forced, self.loras = held, self.staging.forced, held.loras

    def partially_unload(self, wanted: float) -> int:
        """Give pages up, the highest address first, then what has none; returns the bytes freed."""
        before = self.bytes
        self.pages -= min(self.pages, -(-int(wanted) // self.page))
        if before - self.bytes < wanted:
            self.forced = 0
        return before - self.bytes

    def clear(self) -> None:
        """Take everything off the card."""
        self.pages = self.forced = 0


class DynamicManager:
    """The state of the dynamic manager over one prompt: address ranges, the last loaded first.

    `others`: bytes of weights on the card that another manager holds.
    """

    def __init__(self, machine: Machine) -> None:
        """An empty card."""
        rule = rules()
        self.machine, self.room = machine, room(machine)
        self.page = int(rule["page_mib"] * MIB)
        rocm = machine.device.vendor == "amd" and machine.host.os != "windows"
        self.chunk = int(rule["rocm_chunk_mib" if rocm else "chunk_mib"] * MIB)
        self.streams = streams(machine)
        newer = version(machine.policy.comfy) >= version(rule["tiny_since"])
        self.tiny = int(rule["tiny_kib"] * 1024) if newer else 0
        self.blocks: dict[str, str] = rule["blocks"]
        self.ranges: list[Range] = []
        self.others = 0

    def free(self) -> int:
        """Bytes free as ComfyUI counts them for its batching: pages count as free (`get_free_memory`)."""
        return self.machine.device.free - self.others - self.fixed()

    def occupied(self) -> int:
        """Bytes of weights on the card."""
        return sum(one.bytes for one in self.ranges)

    def fixed(self) -> int:
        """Bytes of weights that have no page, and so do not give way."""
        return sum(one.forced for one in self.ranges)

    def forced(self) -> int:
        """The same: all models have pages."""
        return self.fixed()

    def yields(self, held: Held) -> bool:
        """Pages give way to any allocation."""
        return True

    def place(self, models: Sequence[Held], ask: Ask) -> tuple[Placement, ...]:
        """Load the step's models, the main one last and so the last to give way, and run the step."""
        joints = joined(models)
        pairs = [(self.take(joint.held), joint) for joint in joints]
        before = {part.key: size for one, joint in pairs for part, size in here(one, joint)}
        if pairs and self.machine.policy.has("--disable-smart-memory"):
            for one in self.ranges:
                one.clear()
        for one, joint in reversed(pairs):
            if one.loras != joint.held.loras:  # patched anew
                before |= dict.fromkeys((part.key for part in joint.parts), 0)
            one.load(joint.held)
            self.ranges.insert(0, one)
        buffer = self.fit([one for one, _ in pairs], ask.activations)
        found = {
            part.key: placement(one, joint, part, size, before[part.key])
            for one, joint in pairs
            for part, size in here(one, joint)
        }
        return tuple(with_buffer([found[held.key] for held in models], buffer))

    def fit(self, chosen: Sequence[Range], activations: int) -> int:
        """Give way to a step, the oldest model first; returns the bytes of cast buffers."""
        left = self.room - self.others - self.fixed() - activations
        buffer = self.run(chosen, left)
        left -= buffer + sum(one.pages for one in chosen) * self.page
        for old in self.ranges[len(chosen) :]:
            old.pages = min(old.pages, self.whole(left))
            left -= old.pages * self.page
        return buffer

    def take(self, held: Held) -> Range:
        """The model's own range, out of the list, or a new one."""
        for one in self.ranges:
            if one.held.key == held.key:
                self.ranges.remove(one)
                return one
        return Range(held, self.staging(held), self.page)

    def staging(self, held: Held) -> Staging:
        """How a model lies in its range, worked out once."""
        key = ("staging", self.tiny)
        if key not in held.kept:
            held.kept[key] = Staging(held.layers, self.tiny, self.blocks.get(held.comfy_class, ""))
        found: Staging = held.kept[key]
        return found

    def run(self, chosen: Sequence[Range], left: int) -> int:
        """Give each model the pages that `left` bytes leave, in turn; returns the bytes of cast buffers.

        A buffer may push out another page, of a layer that is larger than those that streamed so far.
        """
        buffer = needed = self.share(chosen, left)
        while needed:
            needed = self.share(chosen, left - buffer)
            if needed <= buffer:
                break
            buffer = needed
        return buffer

    def share(self, chosen: Sequence[Range], left: int) -> int:
        """Give each model its pages of `left` bytes, in turn; returns what the rest needs to stream."""
        pieces = [0, 0]
        for one in chosen:
            one.pages = min(one.wanted, self.whole(left))
            left -= one.pages * self.page
            pieces += one.staging.passing(one.kept)
        pieces.sort(reverse=True)
        if not self.streams:
            return pieces[0]
        return sum(aligned(piece, self.chunk) for piece in pieces[: self.streams])

    def whole(self, size: int) -> int:
        """Whole pages in so many bytes."""
        return max(0, size) // self.page


def placement(one: Range, joint: Joint, part: Held, size: int, before: int) -> Placement:
    """The state of a part of a model as an answer; what is of the whole model stands at its first part."""
    first = part is joint.parts[0]
    return Placement(
        part.key,
        part.bytes,
        size,
        0,
        max(0, size - before),
        log(one) if first else "",
        yields=True,
        forced=min(size, one.forced) if first else 0,
        staged=one.staging.bytes if first else 0,
    )


def here(one: Range, joint: Joint) -> list[tuple[Held, int]]:
    """Bytes of each part of a model that need not be streamed."""
    count, staging = one.kept, one.staging
    if not one.bytes:
        return [(part, 0) for part in joint.parts]
    if len(joint.parts) == 1 or count == len(staging.units):
        missing = staging.streamed(count)
        return [(part, part.bytes - missing) for part in joint.parts]
    gone, start, found = set(staging.places[count:]), 0, []
    for part in joint.parts:
        lost = sum(layer.bytes for at, layer in enumerate(part.layers, start) if at in gone)
        found.append((part, part.bytes - lost))
        start += len(part.layers)
    return found


def with_buffer(placed: list[Placement], buffer: int) -> list[Placement]:
    """The placements, the first of them with the buffers, which are of all."""
    return [msgspec.structs.replace(placed[0], buffer=buffer), *placed[1:]] if placed and buffer else placed


def log(one: Range) -> str:
    """What ComfyUI's log would say of it ("MB" there is MiB), behind the model's class."""
    kept = one.held.kept
    if "patches" not in kept:
        kept["patches"] = sum(layer.patch.count for layer in one.held.layers if layer.patch)
    whole = one.staging.bytes // MIB
    return f"prepared for dynamic VRAM loading. {whole}MB Staged. {kept['patches']} patches attached."
