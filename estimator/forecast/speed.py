"""Seconds of computing, of moving bytes, and of reading them from disk.

Rates are rows of data/managers/speed.toml: an ideal one, and the shares of it that are reached.
"""

from __future__ import annotations

from typing import Any

from .. import facts
from ..runtime import Device, Machine
from ..runtime.disk import disk_seconds
from ..runtime.policy import streams
from ..runtime.rates import TABLE, reached, tflops
from ..units import ZERO, Estimate

GIGA = 1e9
TERA = 1e12
# What `--fast` lets products of 16 bits do: add up in 16.
NARROW = "fp16_accumulation"


def compute(machine: Machine, flops: float, dtype: str, work: str) -> Estimate | None:
    """Seconds of `flops` in an element type, by kind of `work`; None for a card without a known rate."""
    rate = tflops(machine.device, dtype, machine.policy.fast(NARROW))
    if rate is None:
        return None
    share, most = facts.table(TABLE)["work"][work], reached(machine)
    return band(flops / (rate * TERA), {end: most[end] * share[end] for end in share})


def attended(seconds: Estimate, way: str) -> Estimate:
    """Seconds of attention by its `way` (`fused`, `sage`, `unfused`); as they are where it has none."""
    row = facts.table(TABLE)["attention"].get(way)
    if not row:
        return seconds
    ends = (seconds.low / row["high"], seconds.best / row["best"], seconds.high / row["low"])
    return Estimate(*ends, seconds.basis)


def overhead() -> Estimate:
    """Seconds of a pass that no arithmetic takes."""
    row = facts.table(TABLE)["overhead"]["seconds"]
    return Estimate(row["low"], row["best"], row["high"], "modelled")


def processed(flops: float, size: float) -> Estimate:
    """Seconds of `flops` on a processor of which nothing is known, that reads `size` bytes of weights."""
    row = facts.table(TABLE)["processor"]
    return longer(band(flops / TERA, row["tflops"]), band(size / GIGA, row["gbs"]))


def transfer(device: Device, size: float, way: str) -> Estimate | None:
    """Seconds of moving `size` bytes from `pinned` or `pageable` RAM; None where the link is not known."""
    if not size:
        return ZERO
    row = facts.table(TABLE)["link"]
    if device.unified and device.bandwidth_gbs:
        return band(size / (device.bandwidth_gbs * GIGA * row["unified_share"]), row[way])
    return band(size / (device.pcie_gbs * GIGA), row[way]) if device.pcie_gbs else None


def reading(device: Device, size: float) -> Estimate:
    """Seconds in which the card reads or writes `size` bytes of its own memory; none where not known."""
    if not size or not device.bandwidth_gbs:
        return ZERO
    return band(size / (device.bandwidth_gbs * GIGA), facts.table(TABLE)["memory"]["card"])


def disk(size: float, machine: Machine) -> Estimate:
    """Seconds of reading `size` bytes again from the disk that models lie on."""
    return disk_seconds(size, machine.host)


def band(ideal: float, share: dict[str, Any]) -> Estimate:
    """Seconds when only a share of the ideal rate is reached."""
    return Estimate(ideal / share["high"], ideal / share["best"], ideal / share["low"], "modelled")


def longer(one: Estimate, other: Estimate) -> Estimate:
    """The longer of two times, each end by itself."""
    low, best = max(one.low, other.low), max(one.best, other.best)
    return Estimate(low, best, max(one.high, other.high), "modelled")


def overlapped(compute: Estimate, moved: Estimate, machine: Machine) -> Estimate:
    """Seconds of computing while weights stream: the longer, or the sum where nothing overlaps."""
    if not streams(machine):
        return compute + moved
    return longer(compute, moved)
