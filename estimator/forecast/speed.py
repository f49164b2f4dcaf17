"""Seconds: compute and transfer, the longer of the two where they overlap, and uploads before them."""

from __future__ import annotations

from typing import Any

from .. import facts
from ..runtime import Device, Machine
from ..runtime.disk import disk_seconds
from ..runtime.policy import streams
from ..units import Estimate

GIGA = 1e9
TERA = 1e12


def compute(device: Device, flops: float, kind: str) -> Estimate | None:
    """Seconds of `flops` on the card, by `kind` of work; None for a card without a known rate."""
    if not device.tflops:
        return None
    share: dict[str, float] = facts.table("managers/constants")["compute"][kind]
    return band(flops / (device.tflops * TERA), share)


def transfer(device: Device, size: float, way: str) -> Estimate | None:
    """Seconds of moving `size` bytes from RAM to the card; None where its link is not known."""
    if not size:
        return Estimate(0.0, 0.0, 0.0, "modelled")
    if not device.pcie_gbs:
        return None
    return band(size / (device.pcie_gbs * GIGA), facts.table("managers/constants")["transfer"][way])


def reading(device: Device, size: float) -> Estimate:
    """Seconds in which the card reads `size` bytes of its own memory: the least of a pass over few tokens.

    Nothing where the card's bandwidth is not known.
    """
    if not device.bandwidth_gbs:
        return Estimate(0.0, 0.0, 0.0, "modelled")
    share = facts.table("managers/constants")["transfer"]["memory_share"]
    return band(size / (device.bandwidth_gbs * GIGA), share)


def longer(one: Estimate, other: Estimate) -> Estimate:
    """The longer of two times, each end by itself."""
    low, best = max(one.low, other.low), max(one.best, other.best)
    return Estimate(low, best, max(one.high, other.high), "modelled")


def disk(size: float, machine: Machine) -> Estimate:
    """Seconds of reading `size` bytes from the disk that models lie on."""
    return disk_seconds(size, machine.host)


def band(ideal: float, share: dict[str, Any]) -> Estimate:
    """Seconds when only a share of the ideal rate is reached."""
    return Estimate(ideal / share["high"], ideal / share["best"], ideal / share["low"], "modelled")


def overlapped(compute: Estimate, moved: Estimate, machine: Machine) -> Estimate:
    """Seconds of computing while weights stream: the longer, or the sum where nothing overlaps."""
    if not streams(machine):
        return compute + moved
    low, best = max(compute.low, moved.low), max(compute.best, moved.best)
    return Estimate(low, best, max(compute.high, moved.high), "modelled")
