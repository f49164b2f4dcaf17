"""Both managers on one card: dynamic VRAM is on, and some models (GGUF) stay with the legacy one.

Specification: ComfyUI 0.33.0 comfy/model_management.py:863-1009: there is one list of loaded models. A load
of legacy models takes pages of dynamic ones by ComfyUI's estimate; a load of dynamic ones alone takes only
legacy models, and counts the dynamic ones as if they gave way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .dynamic import DynamicManager, Range
from .joint import Joint, joined
from .legacy import LegacyManager, order
from .machine import Machine
from .patcher import UNLIMITED, Loaded
from .placement import Ask, Placement
from .weights import Held


class Beside(LegacyManager):
    """The legacy manager on a card that it shares; its list holds the dynamic models too.

    `missing`: bytes that dynamic models of the same load lack, by ComfyUI's count.
    """

    def __init__(self, machine: Machine, dynamic: DynamicManager) -> None:
        """An empty card."""
        super().__init__(machine)
        self.dynamic = dynamic
        self.missing = 0

    def needed(self, chosen: Sequence[Loaded]) -> int:
        """One sum for both kinds, since the load makes room once for all its models."""
        return super().needed(chosen) + self.missing

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
        joints, loaded = joined(paged), self.listed
        keys = {joint.held.key for joint in joints}
        loaded[:] = [one for one in loaded if not (isinstance(one, Range) and one.held.key in keys)]
        self.legacy.missing = self.missing(joints)
        placed = self.legacy.place(fixed, ask) if fixed else ()
        if paged and not fixed:
            self.make_room(ask)
        self.dynamic.others = self.legacy.occupied()
        placed += self.dynamic.place(paged, ask)
        loaded[:0] = self.dynamic.ranges[: len(joints)]
        by_key = {one.key: one for one in placed}
        return tuple(by_key[held.key] for held in models)

    @property
    def listed(self) -> list[Any]:
        """`current_loaded_models`: of both kinds."""
        return self.legacy.loaded

    def missing(self, joints: Sequence[Joint]) -> int:
        """`model_offloaded_memory` of dynamic models: less than none where pages are not full."""
        there = {one.held.key: one.bytes for one in self.dynamic.ranges}
        return sum(self.dynamic.staging(one.held).stored - there.get(one.held.key, 0) for one in joints)

    def make_room(self, ask: Ask) -> None:
        """`free_memory` for dynamic models: at the expense of legacy ones, by ComfyUI's estimate."""
        extra, minimum = self.legacy.reserved(ask)
        self.free_memory(self.legacy.missing * self.legacy.factor + extra)
        if self.legacy.free() < minimum:
            self.free_memory(minimum)

    def free_memory(self, required: float) -> None:
        """Evict legacy models, the most offloaded first, until `required` bytes are free or would be.

        Without smart memory all models go, dynamic ones too.
        """
        whole = self.machine.policy.has("--disable-smart-memory")
        for _, victim in sorted(enumerate(self.listed), key=order):
            if whole:
                self.legacy.evict(victim, UNLIMITED)
            elif isinstance(victim, Range):
                required -= victim.bytes
            elif (short := required - self.legacy.free()) > 0:
                self.legacy.evict(victim, short)
