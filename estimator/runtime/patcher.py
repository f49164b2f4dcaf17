"""One model of the legacy manager: what of it is on the card, and how a load or an eviction splits it.

The steps are those of ComfyUI's `ModelPatcher` and keep its names: `load`, `partially_load`,
`partially_unload` (comfy/model_patcher.py:945-1282 of 0.33.0; older versions by the rows of
`data/managers/constants.toml`, table `version`). tests/runtime/test_real_manager.py runs both.
"""

from __future__ import annotations

from collections import deque

import msgspec

from ..units import MIB
from .joint import TEXT
from .weights import Held, Layer

# What is told the type that it is to compute in; other models cast too, but the manager does not know of it.
CAST = ("diffusion_model", TEXT)
UNLIMITED = 1e32  # ComfyUI's own word for a budget that has no end
LEAST = 0.1  # and for one that has none left, bytes


class Rule(msgspec.Struct, frozen=True):
    """How a version splits models. `partial_load`: what it keeps free for streaming; `streams`: how many.

    `patch`: as what it counts a patch of a streamed weight, and `patch_times`: how often; `shrinks`: a load
    may take away; `casts`: text encoders are cast in any case; `log`: how it says so.
    """

    partial_load: str
    patch: str
    patch_times: int
    shrinks: bool
    casts: bool
    log: str
    streams: int


class Unit(msgspec.Struct, frozen=True):
    """A layer as a partial load sees it: its place in `Held.layers`, bytes, and what streaming it takes.

    `copy`: of the bytes, those that are only counted; `need`: bytes kept free while it is streamed; `stuck`:
    patched, and can only be moved with all others.
    """

    place: int
    bytes: int
    offload: int
    need: int
    castable: bool
    patches: int
    stuck: bool
    copy: int = 0


def units(held: Held, rule: Rule) -> tuple[Unit, ...]:
    """The layers in the order in which a load considers them: those that cost most to stream first."""
    key = ("units", rule)
    if key not in held.kept:
        held.kept[key] = tuple(ordered(held, rule))
    found: tuple[Unit, ...] = held.kept[key]
    return found


def ordered(held: Held, rule: Rule) -> list[Unit]:
    """The same, worked out."""
    leaves = [
        (offload(one, held, rule), one.counted, one.name, at)
        for at, one in enumerate(held.layers)
        if one.leaf
    ]
    leaves.sort(reverse=True)
    found = []
    for index, (cost, own, _, at) in enumerate(leaves):
        layer, after = held.layers[at], leaves[index + 1 : index + 1 + rule.streams]
        need = {"own-size": 0, "streams": cost * (rule.streams + 1)}.get(
            rule.partial_load, cost + sum(one[1] for one in after)
        )
        count = layer.patch.count if layer.patch else 0
        stuck = bool(count) and not layer.castable
        found.append(Unit(at, own, cost, need, layer.castable, count, stuck, layer.copy))
    return found


def offload(layer: Layer, held: Held, rule: Rule) -> int:
    """Bytes that a version counts for streaming a layer: its copy in the compute type, patches on top."""
    patch = layer.patch if layer.castable else None
    if rule.partial_load == "own-size":
        return layer.counted
    if rule.patch == "f32":  # a row of versions that do not count casts
        return layer.counted + (rule.patch_times * 4 * patch.elements if patch else 0)
    cast = layer.cast if held.cast and held.role in CAST else 0
    if patch:
        cast += rule.patch_times * patch.computed - (patch.replaced if cast else 0)
    return layer.counted + cast


class Loaded:
    """A model that has been on the card, and how ComfyUI sees it.

    `counted`: the bytes that ComfyUI thinks are there; `bytes`: those that are. A layer that an earlier load
    brought and a later one does not want stays on the card without being counted. `stays`: nothing takes it
    off again; `references`: how many others hold its patcher.
    """

    def __init__(self, held: Held, rule: Rule, stays: bool = False) -> None:
        """Nothing of it is on the card yet, or all of it where it `stays`."""
        self.rule, self.stays, self.references = rule, stays, 1
        self.held = held
        self.here = bytearray(len(held.layers))  # by place: on the card
        self.marked = bytearray(len(held.layers))  # by place: streamed, as the last load or eviction left it
        self.rest = stays  # the layers that no partial load counts
        self.bytes = held.bytes if stays else 0
        self.counted = 0
        self.buffer: float = 0
        self.partial = False
        self.patches = 0
        self.loras: tuple[str, ...] | None = None
        self.log: list[str] = []

    @property
    def offloaded(self) -> int:
        """Bytes that ComfyUI takes for missing on the card."""
        return self.held.counted - self.counted

    def clear(self) -> None:
        """`unpatch_model`: take everything off the card."""
        if not self.stays:
            self.here, self.rest, self.bytes = bytearray(len(self.held.layers)), False, 0
        if self.partial:
            self.marked = bytearray(len(self.held.layers))
            self.partial, self.patches = False, 0
        self.counted, self.buffer, self.loras = 0, 0, None
        self.here = bytearray(len(self.held.layers))

    def partially_load(self, held: Held, more: float) -> None:
        """Load with `more` bytes than ComfyUI counts now; other LoRAs than before mean all of it anew."""
        again = self.loras is not None and self.loras != held.loras
        if again:
            more += self.counted
            self.clear()
        self.held = held
        if more < 0 and not again and self.rule.shrinks:
            self.partially_unload(-more)
        elif self.partial or not self.counted:
            self.load(self.counted + more, self.counted + more > held.counted)

    def load(self, budget: float, full: bool) -> None:
        """Which layers are loaded within `budget`; the others stream, and room is kept free for them."""
        mem = missing = count = patches = 0
        buffer: float = 0
        own_size, forced = self.rule.partial_load == "own-size", self.rule.casts and self.held.role == TEXT
        for unit in units(self.held, self.rule):
            wanted = max(buffer, unit.need)
            fits = full or mem + unit.bytes + wanted < budget
            if fits:
                mem += unit.bytes
                self.bring(unit)
                self.marked[unit.place] = forced and unit.castable
                continue
            buffer = wanted
            if unit.castable:
                count, missing = count + 1, missing + unit.bytes
                if not self.marked[unit.place]:
                    patches += 0 if self.held.unpacked else unit.patches  # GGUF's go with the blocks
                    self.marked[unit.place] = 1
        self.buffer = 0 if own_size else buffer
        self.partial = count > 0
        self.say(budget, mem, missing, patches, full)
        if full and not self.partial:
            self.rest, self.bytes, mem = True, self.held.bytes, self.held.counted
        self.patches += patches
        self.counted, self.loras = mem, self.held.loras

    def bring(self, unit: Unit) -> None:
        """One layer to the card."""
        if not self.here[unit.place]:
            self.here[unit.place] = 1
            self.bytes += 0 if self.stays else unit.bytes - unit.copy

    def partially_unload(self, wanted: float) -> int:
        """Move layers off, the cheapest to stream first; returns the bytes freed.

        More is freed by what the buffer for streaming grows; `window` holds the layers freed before.
        """
        order, rule = units(self.held, self.rule)[::-1], self.rule
        buffer, freed, patches = self.buffer, 0, 0
        first = min(buffer / (rule.streams + 1), order[0].bytes) if order else 0
        window: deque[float] = deque([first] * rule.streams, maxlen=rule.streams)
        for unit in order:
            if wanted + buffer - self.buffer < freed:
                break
            if self.here[unit.place] and not unit.stuck:
                self.here[unit.place] = 0
                self.marked[unit.place] = unit.castable
                freed += unit.bytes
                self.bytes -= 0 if self.stays else unit.bytes - unit.copy
                patches += unit.patches if unit.castable else 0
                buffer = max(buffer, self.unload_need(unit, window))
                window.append(unit.bytes)
        self.partial = True
        self.patches += patches
        self.counted -= freed
        self.buffer = buffer
        if rule.log != "plain":
            self.log.append(
                f"Unloaded partially: {freed / MIB:.2f} MB freed, {self.counted / MIB:.2f} MB remains "
                f"loaded, {buffer / MIB:.2f} MB buffer reserved, lowvram patches: {self.patches}"
            )
        return freed

    def unload_need(self, unit: Unit, window: deque[float]) -> float:
        """Bytes to keep free for streaming a layer that is moved off, by this version's rule."""
        if self.rule.partial_load == "own-size":
            return 0
        own = unit.offload
        return own * (self.rule.streams + 1) if self.rule.partial_load == "streams" else own + sum(window)

    def say(self, budget: float, mem: int, missing: int, patches: int, full: bool) -> None:
        """The line that ComfyUI's log holds of a load ("MB" there is MiB)."""
        usable, loaded = budget / MIB, mem / MIB
        if self.rule.log == "plain":
            told = f"loaded partially {usable} {loaded} {patches}"
            self.log.append(told if self.partial else f"loaded completely {usable} {loaded} {full}")
            return
        hidden = self.rule.log == "limited" and budget >= UNLIMITED
        start = "" if hidden else f"{usable:.2f} MB usable,"
        self.log.append(
            f"loaded partially; {start} {loaded:.2f} MB loaded, {missing / MIB:.2f} MB offloaded, "
            f"{self.buffer / MIB:.2f} MB buffer reserved, lowvram patches: {patches}"
            if self.partial
            else f"loaded completely; {start} {loaded:.2f} MB loaded, full load: {full}"
        )
