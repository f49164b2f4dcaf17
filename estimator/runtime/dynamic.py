"""The dynamic manager: weights fill what activations leave, in pages, and the rest streams.

Specification: shared reference comfyui-memory.md 1.4 and 1.5 (ComfyUI 0.33.0 with comfy-aimdo). The steady
state is an inference there: resident = staged, cut to what the card has left, in whole pages.
"""

from __future__ import annotations

from collections.abc import Sequence

from .. import facts
from ..units import GIB, MIB
from .machine import Machine
from .placement import Ask, Placement
from .policy import streams
from .weights import Held


class DynamicManager:
    """The state of the dynamic manager over one prompt: resident bytes by model, newest first."""

    def __init__(self, machine: Machine) -> None:
        """An empty card."""
        rule = facts.table("managers/constants")
        self.machine = machine
        self.page = int(rule["dynamic"]["page_mib"] * MIB)
        self.streams = streams(machine)
        self.resident: dict[str, int] = {}
        self.others = 0  # bytes of weights on the card that another manager holds

    @property
    def headroom(self) -> int:
        """Bytes that are always left free: 256 MiB or `--reserve-vram`, and `--vram-headroom`."""
        policy = self.machine.policy
        reserve = policy.value("--reserve-vram")
        default = facts.table("managers/constants")["dynamic"]["headroom_mib"] * MIB
        extra = policy.value("--vram-headroom") or 0.0
        return round((default if reserve is None else reserve * GIB) + extra * GIB)

    def free(self) -> int:
        """Bytes free for a step: pages of weights count as free, since they give way."""
        return self.machine.device.free - self.headroom - self.others

    def occupied(self) -> int:
        """Bytes of weights on the card."""
        return sum(self.resident.values())

    def fixed(self) -> int:
        """Pages give way to any allocation."""
        return 0

    def yields(self, held: Held) -> bool:
        """Pages give way to any allocation."""
        return True

    def place(self, models: Sequence[Held], ask: Ask) -> tuple[Placement, ...]:
        """Give the step's models the pages that its activations leave, older models what is left then."""
        room, buffer = self.free() - ask.activations, 0
        kept, needed = self.share(models, room)
        while needed > buffer:  # the buffer may push out another model, whose layers are larger
            buffer = needed
            kept, needed = self.share(models, room - buffer)
        before, placed = dict(self.resident), []
        for number, (held, size) in enumerate(zip(models, kept, strict=True)):
            placed.append(
                Placement(
                    held.key,
                    held.bytes,
                    size,
                    0 if number else buffer,  # one for all models
                    max(0, size - before.get(held.key, 0)),
                    yields=True,
                )
            )
        room -= buffer + sum(kept)
        self.settle({placement.key: placement.resident for placement in placed}, room)
        return tuple(placed)

    def share(self, models: Sequence[Held], room: int) -> tuple[list[int], int]:
        """What each model keeps of `room`, in turn, and the buffers that the others' layers stream through.

        A stream has one buffer, as large as the largest layer that goes through it (comfyui-memory.md 1.4).
        """
        kept, buffer = [], 0
        for held in models:
            whole = held.bytes <= room
            kept.append(held.bytes if whole else self.pages(min(held.bytes, room)))
            buffer = buffer if whole else max(buffer, self.streams * held.largest)
            room -= kept[-1]
        return kept, buffer

    def pages(self, size: float) -> int:
        """`size` cut to whole pages."""
        return max(0, int(size) // self.page * self.page)

    def settle(self, now: dict[str, int], room: int) -> None:
        """Keep older models as far as `room` goes, the newest first."""
        for key, kept in self.resident.items():
            if key not in now:
                now[key] = min(kept, self.pages(max(0, room)))
                room -= now[key]
        self.resident = {key: kept for key, kept in now.items() if kept}
