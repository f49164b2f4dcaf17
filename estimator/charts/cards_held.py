"""Which families of models a card holds: some usable file stays in VRAM, with all that is beside it."""

from __future__ import annotations

from ..runtime import Machine
from ..units import GIB
from .machines import settings, sized
from .unlocked import whole
from .unlocks import rows


def held(machine: Machine) -> tuple[str, ...]:
    """The families that a card holds, by the points of chart 1; speed is another matter."""
    return tuple(row.name for row in rows() if whole(row, machine))


def newly(machine: Machine) -> tuple[str, ...]:
    """Those of them that a card of the article's next smaller size does not hold."""
    sizes: list[int] = settings()["tiers"]["gib"]
    smaller = [size for size in sizes if size < round(machine.device.total / GIB)]
    before = held(sized(machine, max(smaller))) if smaller else ()
    return tuple(name for name in held(machine) if name not in before)
