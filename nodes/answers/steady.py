"""Free memory wanders a little all the time; what is kept by it is kept by states that it is found in again.

Steps of fixed edges would not do: where free memory wanders about an edge, each reading is on its other side.
"""

import threading
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Generic, TypeVar

from ..host import Holder, Seen
from .question import Other
from .settings import setting

T = TypeVar("T")
IN_RAM = ("cpu", "apple")  # devices that work in the computer's memory


class States(Generic[T]):
    """States that something was found in before, the last one first; so many are remembered."""

    def __init__(self, most: int, near: Callable[[T, T], bool]) -> None:
        """`near`: whether one state stands for another."""
        self.most, self.near = most, near
        self.known: list[T] = []
        self.lock = threading.Lock()

    def of(self, now: T) -> T:
        """The state that stands for what is found now: one from before that is near, else a new one."""
        with self.lock:
            found = next((one for one in self.known if self.near(one, now)), now)
            self.known = [found, *(one for one in self.known if one is not found)][: self.most]
            return found


class Steady:
    """The states of one ComfyUI's memory: of its card, its computer, and who holds the card's."""

    def __init__(self) -> None:
        """Nothing was found yet."""
        most, vram, ram = (setting(one) for one in ("free_states", "free_vram_step", "free_ram_step"))
        self.vram = States[int](most, within(vram))
        self.shared = States[int](most, within(ram))
        self.ram = States[int](most, within(ram))
        self.holders = States[Sequence[Holder] | None](most, alike(vram))

    def seen(self, now: Seen, on: Other) -> Seen:
        """This machine with its memory in such a state, and without what a question on another leaves out."""
        free = (self.shared if now.vendor in IN_RAM else self.vram).of(now.vram_free)
        found = now._replace(
            vram_free=free, ram_free=self.ram.of(now.ram_free), holders=self.holders.of(now.holders)
        )
        if on.gpu or on.vram or on.free or (on.ram and now.vendor in IN_RAM):
            found = found._replace(vram_free=0, holders=None)
        return found._replace(ram_free=0) if on.ram else found


def within(step: int) -> Callable[[int, int], bool]:
    """Whether two amounts are at most half a step apart."""
    return lambda one, other: abs(one - other) <= step // 2


def alike(step: int) -> Callable[[Any, Any], bool]:
    """Whether the same programs hold about as much; those that hold less than half a step do not count."""
    close = within(step)

    def near(one: Sequence[Holder] | None, other: Sequence[Holder] | None) -> bool:
        if one is None or other is None:
            return one is other
        before, after = dict(one), dict(other)
        unsized = [{name for name, held in each.items() if held is None} for each in (before, after)]
        names = before.keys() | after.keys()
        return unsized[0] == unsized[1] and all(
            close(before.get(name) or 0, after.get(name) or 0) for name in names
        )

    return near


@cache
def steady() -> Steady:
    """The states of this process's ComfyUI."""
    return Steady()
