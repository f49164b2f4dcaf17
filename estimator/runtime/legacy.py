"""The legacy manager: whole or partial loads by ComfyUI's own reservation, evictions by its own order.

Specification: shared reference comfyui-memory.md 2.2 to 2.4. The steps keep ComfyUI's names:
`load_models_gpu`, `free_memory` (comfy/model_management.py:863-1009 of version 0.33.0); what a model does
itself is in `patcher.py`. Checked beside the real one: tests/runtime/test_real_manager.py.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from .. import facts
from ..units import MIB
from .capabilities import extra_reserved, minimum_inference
from .joint import joined
from .machine import Machine, Policy
from .patcher import LEAST, UNLIMITED, Loaded, Rule
from .placement import Ask, Placement
from .policy import constants, streams
from .weights import Held


class LegacyManager:
    """The state of the legacy manager over one prompt."""

    def __init__(self, machine: Machine) -> None:
        """An empty card."""
        limits = facts.table("managers/constants")["legacy"]
        vendor = machine.device.vendor
        self.machine = machine
        self.version = constants(machine.policy.comfy)
        self.rule = msgspec.convert(self.version | {"streams": streams(machine)}, Rule)
        ratios = limits["minimum_weight_ratio"]
        self.ratio = float(ratios.get(vendor, ratios["default"]))
        self.factor = float(limits["load_factor"])
        self.loaded: list[Loaded] = []
        self.known: dict[str, Loaded] = {}

    def free(self) -> int:
        """Bytes that ComfyUI takes for free: what the driver would report, where it asks one."""
        stated = self.machine.stated
        return self.machine.device.free - self.occupied() if stated is None else stated

    def occupied(self) -> int:
        """Bytes of weights on the card."""
        return sum(model.bytes for model in self.known.values())

    def fixed(self) -> int:
        """Legacy weights stay where they are until the next load."""
        return self.occupied()

    def forced(self) -> int:
        """No model has pages."""
        return 0

    def yields(self, held: Held) -> bool:
        """Legacy weights stay where they are until the next load."""
        return False

    def place(self, models: Sequence[Held], ask: Ask) -> tuple[Placement, ...]:
        """`load_models_gpu`: free what the estimate asks for, then load each model, the main one last.

        Before 0.21.0 the order is that of a Python set, another one at each start: taken to be the same.
        """
        joints = joined(models)
        for known in self.known.values():
            known.log.clear()
        extra, minimum = self.reserved(ask)
        chosen = [self.take(joint.held) for joint in reversed(joints)]
        self.free_memory(self.needed(chosen) * self.factor + extra)
        if self.free() < minimum:
            self.free_memory(minimum)
        placed: dict[str, Placement] = {}
        for model, joint in zip(chosen, reversed(joints), strict=True):
            before = on_card(model, joint.parts)
            if model.loras != joint.held.loras:  # all of it moves anew
                before = [0] * len(before)
            self.load(model, joint.held, minimum, ask.full)
            self.loaded.insert(0, model)
            placed.update(placements(model, joint.parts, before))
        return tuple(placed[held.key] for held in models)

    def reserved(self, ask: Ask) -> tuple[int, int]:
        """Bytes that are kept free of weights: by what is evicted for a step, and by what its models get."""
        reserved, floor = extra_reserved(self.machine), minimum_inference(self.machine)
        extra = max(floor, ask.reserve + reserved)
        return extra, extra if ask.minimum is None else max(floor, ask.minimum + reserved)

    def needed(self, chosen: Sequence[Loaded]) -> int:
        """Bytes that the models of a load lack on the card."""
        return sum(model.offloaded for model in chosen)

    def take(self, held: Held) -> Loaded:
        """The model's own entry, out of the list of victims, or a new one."""
        found = self.known.get(held.key)
        if found is None:
            found = self.known[held.key] = Loaded(held, self.rule, stays(held, self.machine.policy))
        if found in self.loaded:
            self.loaded.remove(found)
        return found

    def load(self, model: Loaded, held: Held, minimum: int, full: bool) -> None:
        """`partially_load` with the weight budget that the free memory leaves."""
        version, floor = self.version, minimum_inference(self.machine)
        free = self.free() + model.counted
        budget: float = max(
            version["least_budget_mib"] * MIB, free - minimum, min(free * self.ratio, free - floor)
        )
        budget -= model.counted
        budget = max(LEAST, budget) if not self.rule.shrinks else budget or LEAST
        if full or held.whole or not self.machine.partial:
            budget = UNLIMITED
        model.partially_load(held, LEAST if self.machine.vram_state == "no" else budget)

    def free_memory(self, required: float) -> None:
        """Evict models until `required` bytes are free: the most offloaded, least held, smallest first."""
        each, whole = (
            self.version["eviction"] == "each-while-short",
            self.machine.policy.has("--disable-smart-memory"),
        )
        for _, victim in sorted(enumerate(self.loaded), key=order):
            short = required - self.free()
            if whole or short > 0 or (short == 0 and not each):
                self.evict(victim, UNLIMITED if whole else short)

    def evict(self, victim: Loaded, short: float) -> None:
        """`model_unload`: free `short` bytes of one model, or all of it."""
        if short < victim.counted and victim.partially_unload(short) >= short:
            return
        victim.clear()
        self.loaded.remove(victim)


def order(item: tuple[int, Loaded]) -> tuple[int, int, int, int]:
    """ComfyUI's order of victims: the most offloaded, least held, smallest, last loaded first."""
    index, victim = item
    return -victim.offloaded, victim.references, victim.offloaded + victim.counted, index


def stays(held: Held, policy: Policy) -> bool:
    """Whether a flag keeps a model on the card from its loader on, until nothing holds it any more."""
    kept: list[str] = facts.table("managers/constants")["legacy"]["highvram_keeps"]
    return policy.has("--gpu-only") or (policy.has("--highvram") and held.role in kept)


def on_card(model: Loaded, parts: tuple[Held, ...]) -> list[int]:
    """Bytes on the card of each part of a model."""
    if len(parts) == 1:
        return [model.bytes]
    found, start = [], 0
    for part in parts:
        here = model.here[start : start + len(part.layers)]
        found.append(sum(one.bytes for one, is_here in zip(part.layers, here, strict=True) if is_here))
        start += len(part.layers)
    rest = model.bytes - sum(found)  # what no partial load counts, of whichever part
    for number, part in enumerate(parts):
        more = min(rest, part.bytes - found[number])
        found[number], rest = found[number] + more, rest - more
    return found


def placements(model: Loaded, parts: tuple[Held, ...], before: list[int]) -> dict[str, Placement]:
    """The model's state as an answer for each of its parts."""
    now, lines = on_card(model, parts), "\n".join(model.log)
    return {
        part.key: Placement(
            part.key,
            part.bytes,
            size,
            0 if number else round(model.buffer),  # one for all parts
            max(0, size - was),
            "" if number else lines,
            pinned=part.pinned,
        )
        for number, (part, size, was) in enumerate(zip(parts, now, before, strict=True))
    }
