"""AMD and Intel cards on Windows, by what their drivers wrote into the registry.

Only the size is told there. What is free, and who holds the rest, only performance counters tell, whose
names are in the user's language and which take seconds to start: both are left unknown.
"""

from __future__ import annotations

from typing import Any

from .asking import told, within
from .readings import Card

CLASS = r"SYSTEM\CurrentControlSet\Control\Class\{4d36e968-e325-11ce-bfc1-08002be10318}"
SIZE = "HardwareInformation.qwMemorySize"
MOST = 32  # adapters, old ones that were taken out among them
MAKERS = {"ven_1002": "amd", "ven_8086": "intel"}
# Graphics inside a processor get a small part of RAM as their own, and are called by no model name.
SMALL = 2 << 30


def cards() -> tuple[Card, ...]:
    """Every AMD and Intel card, in the registry's order; none on other systems."""
    return within(listed, ())


def listed() -> tuple[Card, ...]:
    """The same, in the time that the registry takes. Raises `ImportError` elsewhere."""
    import winreg

    registry: Any = winreg
    found: dict[str, list[Card]] = {"amd": [], "intel": []}
    for number in range(MOST):
        key = told(lambda: registry.OpenKey(registry.HKEY_LOCAL_MACHINE, rf"{CLASS}\{number:04d}"))  # noqa: B023
        one = card(registry, key) if key else None
        if one:
            of_maker = found[one.vendor]
            if one.name not in [other.name for other in of_maker]:
                of_maker.append(one)
    return tuple(one for of_maker in found.values() for one in of_maker)


def card(registry: Any, key: Any) -> Card | None:
    """A card from its driver's key; None where another maker's, or no size is told."""
    name, device, size = (
        told(lambda: registry.QueryValueEx(key, field)[0])  # noqa: B023
        for field in ("DriverDesc", "MatchingDeviceId", SIZE)
    )
    maker = next((MAKERS[word] for word in MAKERS if word in str(device).lower()), "")
    if isinstance(size, bytes):
        size = int.from_bytes(size[:8], "little")
    if not maker or not isinstance(name, str) or not isinstance(size, int):
        return None
    return Card(name, maker, size, integrated=size <= SMALL, told_by="the registry")
