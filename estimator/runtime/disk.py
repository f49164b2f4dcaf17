"""How fast models are read from the disk that they lie on (`data/managers/memory.toml`)."""

from __future__ import annotations

from .. import facts
from ..units import Estimate
from .machine import Host

GIGA = 1e9


def disk_seconds(size: float, host: Host) -> Estimate:
    """Seconds of reading `size` bytes of files; a disk of which nothing is known has the widest band."""
    rates: dict[str, dict[str, float]] = facts.table("managers/memory")["disk"]
    rate, work = rates[host.disk or "unknown"], size / GIGA
    return Estimate(work / rate["high"], work / rate["best"], work / rate["low"], "modelled")
