"""Who holds memory on ComfyUI's card, as the card's driver tells; in a thread, kept for some seconds.

A driver that is slow costs a forecast a moment at most, and one that fails or is missing costs it the names
alone. Past the bounds of data/comfyui_side.toml it is not asked again.
"""

import logging
import os
import threading
import time
from functools import cache
from typing import Any

from .protocol import Holder

logger = logging.getLogger("vram_forecast")
# Whose drivers tell of processes; elsewhere no thread is started for nothing.
ASKED = ("nvidia", "amd")


class Reading:
    """The last answer of a driver, and whoever asks for the next one.

    `asked`: when that began; `failed`: how often in a row there was no answer.
    """

    def __init__(self) -> None:
        """Nothing was asked yet."""
        self.lock = threading.Lock()
        self.asking: threading.Thread | None = None
        self.found: tuple[Holder, ...] | None = None
        self.asked, self.failed = float("-inf"), 0

    def now(self, device: Any, vendor: str) -> tuple[Holder, ...] | None:
        """Who holds memory on a device, as of some seconds ago; None where it is not known. Never raises."""
        try:
            asking = self.begun(device, vendor)
            if asking:
                asking.join(settings()["wait_seconds"])
            return self.found
        except Exception:
            logger.debug("VRAM Forecast: who holds the card's memory cannot be asked", exc_info=True)
            return None

    def begun(self, device: Any, vendor: str) -> threading.Thread | None:
        """The thread that asks, where an answer is due; one at a time, and none after too many failures."""
        with self.lock:
            if self.asking and self.asking.is_alive():
                return None  # whoever began it has waited for it
            due = time.monotonic() - self.asked >= settings()["seconds"]
            if not due or self.failed >= settings()["failures"]:
                return None
            self.asked = time.monotonic()
            self.asking = threading.Thread(
                target=self.ask, args=(device, vendor), name="vram-forecast-holders", daemon=True
            )
            self.asking.start()
            return self.asking

    def ask(self, device: Any, vendor: str) -> None:
        """Ask the driver; in a thread of its own."""
        try:
            found = read(device, vendor)
        except Exception:
            logger.debug("VRAM Forecast: who holds the card's memory is not told", exc_info=True)
            found = None
        self.failed = 0 if found is not None else self.failed + 1
        self.found = found


def read(device: Any, vendor: str) -> tuple[Holder, ...] | None:
    """All other programs on the card that torch calls `device`; None where the driver does not say.

    Where this process is not among those that the driver lists, it numbers processes in another way than we
    do, as in a container, and the names would be those of strangers.
    """
    from ...estimator.runtime.cards import holders
    from ...estimator.runtime.probe import Here

    card = matching(Here().cards_of(vendor), identity(device))
    if card is None or card.processes is None:
        return None
    if os.getpid() not in [one.pid for one in card.processes]:
        return None
    found = holders(card, but=(os.getpid(),)) or ()
    return tuple(Holder(one.name, one.bytes) for one in found)


def matching(cards: tuple[Any, ...], uuid: str) -> Any:
    """The card of a `uuid`; the only one where torch tells none, or the driver calls it otherwise (AMD's)."""
    same = [one for one in cards if uuid and plain(one.uuid) == uuid]
    if same:
        return same[0]
    known = uuid and any(one.vendor == "nvidia" for one in cards)
    return cards[0] if len(cards) == 1 and not known else None


def identity(device: Any) -> str:
    """What the driver knows a device by, without its maker's prefix; empty in a torch that does not tell."""
    import torch

    return plain(str(getattr(torch.cuda.get_device_properties(device), "uuid", "")))


def plain(uuid: str) -> str:
    """A uuid as torch writes it: NVML puts `GPU-` before it."""
    return uuid.lower().removeprefix("gpu-")


@cache
def settings() -> dict[str, Any]:
    """The table `holders` of data/comfyui_side.toml."""
    from ...estimator import facts

    found: dict[str, Any] = facts.table("comfyui_side")["holders"]
    return found


reading = Reading()


def holders(device: Any, vendor: str) -> tuple[Holder, ...] | None:
    """Who else holds memory on a device, the largest first; None where it is not known. Never raises."""
    return reading.now(device, vendor) if vendor in ASKED else None
