"""Apple's chips: the GPU works in RAM, as much of it as macOS recommends to Metal."""

from __future__ import annotations

from ... import facts
from ...units import GIB, MIB
from .asking import output, whole
from .readings import Card


def cards(ram_free: int) -> tuple[Card, ...]:
    """The chip's GPU; none on a Mac with an Intel processor, which ComfyUI runs on the CPU.

    macOS does not tell which process holds how much of it.
    """
    name = output("sysctl", "-n", "machdep.cpu.brand_string").strip()
    ram = whole(output("sysctl", "-n", "hw.memsize"))
    if not name.startswith("Apple") or not ram:
        return ()
    rule = facts.table("probe")["apple"]
    limit = (whole(output("sysctl", "-n", rule["limit"]), MIB) or 0) or recommended(ram)
    return (Card(name, "apple", min(limit, ram), min(limit, ram_free), unified=True, told_by="sysctl"),)


def recommended(ram: int) -> int:
    """What of so much RAM macOS lets the GPU use by itself (recommendedMaxWorkingSetSize)."""
    shares = facts.table("probe")["apple"]["shares"]
    share: float = [row["share"] for row in shares if ram >= row["from_gib"] * GIB][-1]
    return int(ram * share)
