"""Both managers on one card: dynamic VRAM is on, and some models (GGUF) stay with the legacy one.

Specification: shared reference comfyui-memory.md 1.6 and mm:863-891, 932-974: loading a legacy model frees
dynamic pages for its estimate, loading a dynamic one evicts legacy models for its own.
"""

from __future__ import annotations

from collections.abc import Sequence

from .capabilities import extra_reserved, minimum_inference
from .dynamic import DynamicManager
from .legacy import LegacyManager
from .machine import Machine
from .placement import Ask, Placement
from .weights import Held


class MixedManager:
    """The state of both managers over one prompt."""

    def __init__(self, machine: Machine) -> None:
        """An empty card."""
        self.machine = machine
        self.legacy, self.dynamic = LegacyManager(machine), DynamicManager(machine)

    def free(self) -> int:
        """Bytes free for a step: pages of weights give way, legacy weights do not."""
        return self.dynamic.free()

    def occupied(self) -> int:
        """Bytes of weights on the card."""
        return self.legacy.occupied() + self.dynamic.occupied()

    def fixed(self) -> int:
        """Bytes of weights that do not give way to an allocation."""
        return self.legacy.occupied()

    def yields(self, held: Held) -> bool:
        """Whether this model's weights give way."""
        return not held.legacy

    def place(self, models: Sequence[Held], ask: Ask) -> tuple[Placement, ...]:
        """Load each model by its own manager, legacy ones first."""
        fixed = [held for held in models if held.legacy]
        paged = [held for held in models if not held.legacy]
        placed = self.legacy.place(fixed, ask) if fixed else ()
        if paged:
            self.evict(paged, ask)
        self.dynamic.others = self.legacy.occupied()
        placed += self.dynamic.place(paged, ask)
        by_key = {one.key: one for one in placed}
        return tuple(by_key[held.key] for held in models)

    def evict(self, models: list[Held], ask: Ask) -> None:
        """Make room for dynamic models at the expense of legacy ones, by ComfyUI's estimate."""
        resident = self.dynamic.resident
        needed = sum(held.bytes - resident.get(held.key, 0) for held in models)
        extra = max(minimum_inference(self.machine), ask.reserve + extra_reserved(self.machine))
        self.legacy.free_memory(needed * self.legacy.factor + extra, self.dynamic.occupied())
