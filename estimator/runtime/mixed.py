"""Both managers on one card: dynamic VRAM is on, and some models (GGUF) stay with the legacy one.

Specification: ComfyUI 0.33.0 comfy/model_management.py:863-1009: there is one list of loaded models. A load
of legacy models takes pages of dynamic ones by ComfyUI's estimate; a load of dynamic ones alone takes only
legacy models, and counts the dynamic ones as if they gave way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .capabilities import extra_reserved, minimum_inference
from .dynamic import DynamicManager, Range
from .legacy import LegacyManager
from .machine import Machine
from .patcher import Loaded
from .placement import Ask, Placement
from .weights import Held


class Beside(LegacyManager):
    """The legacy manager on a card that it shares; its list holds the dynamic models too."""

    def __init__(self, machine: Machine, dynamic: DynamicManager) -> None:
        """An empty card."""
        super().__init__(machine)
        self.dynamic = dynamic

    def free(self) -> int:
        """Bytes the driver would report as free."""
        return super().free() - self.dynamic.occupied()


class MixedManager:
    """The state of both managers over one prompt."""

    def __init__(self, machine: Machine) -> None:
        """An empty card."""
        self.machine = machine
        self.dynamic = DynamicManager(machine)
        self.legacy = Beside(machine, self.dynamic)

    def free(self) -> int:
        """Bytes free for a step: pages of weights give way, legacy weights do not."""
        self.dynamic.others = self.legacy.occupied()
        return self.dynamic.free()

    def occupied(self) -> int:
        """Bytes of weights on the card."""
        return self.legacy.occupied() + self.dynamic.occupied()

    def fixed(self) -> int:
        """Bytes of weights that do not give way to an allocation."""
        return self.legacy.occupied() + self.dynamic.fixed()

    def forced(self) -> int:
        """Bytes of dynamic models that have no page."""
        return self.dynamic.fixed()

    def yields(self, held: Held) -> bool:
        """Whether this model's weights give way."""
        return not held.legacy

    def place(self, models: Sequence[Held], ask: Ask) -> tuple[Placement, ...]:
        """Load each model by its own manager, legacy ones first."""
        fixed = [held for held in models if held.legacy]
        paged = [held for held in models if not held.legacy]
        loaded: list[Any] = self.legacy.loaded
        for one in [one for one in self.dynamic.ranges if one in loaded]:
            if any(one.held.key == held.key for held in paged):
                loaded.remove(one)
        placed = self.legacy.place(fixed, ask) if fixed else ()
        if paged and not fixed:
            self.make_room(paged, ask)
        self.dynamic.others = self.legacy.occupied()
        placed += self.dynamic.place(paged, ask)
        loaded[:0] = [one for one in self.dynamic.ranges if one not in loaded]
        by_key = {one.key: one for one in placed}
        return tuple(by_key[held.key] for held in models)

    def make_room(self, models: list[Held], ask: Ask) -> None:
        """`free_memory` for dynamic models: at the expense of legacy ones, by ComfyUI's estimate."""
        staging = [self.dynamic.staging(held) for held in models]
        there = {one.held.key: one.bytes for one in self.dynamic.ranges}
        needed = sum(one.stored for one in staging) - sum(there.get(held.key, 0) for held in models)
        reserved, floor = extra_reserved(self.machine), minimum_inference(self.machine)
        extra = max(floor, ask.reserve + reserved)
        self.free_memory(needed * self.legacy.factor + extra)
        minimum = extra if ask.minimum is None else max(floor, ask.minimum + reserved)
        if self.legacy.free() < minimum:
            self.free_memory(minimum)

    def free_memory(self, required: float) -> None:
        """Evict legacy models, the most offloaded first, until `required` bytes are free or would be."""
        loaded: list[Any] = self.legacy.loaded
        for _, victim in sorted(enumerate(loaded), key=lambda item: order(item[1], item[0])):
            if isinstance(victim, Range):
                required -= victim.bytes
            elif (short := required - self.legacy.free()) > 0:
                self.legacy.evict(victim, short)


def order(victim: Loaded | Range, index: int) -> tuple[int, int, int, int]:
    """ComfyUI's order of victims: the most offloaded, least held, smallest, newest first."""
    return -victim.offloaded, victim.references, victim.held.counted, index
