"""What more of one thing would do for a card: memory, bandwidth or compute, alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from .. import facts
from ..runtime import Device, Machine
from ..units import GIB
from .cards import TABLE, Card
from .references import Outcome, outcomes


def levers() -> dict[str, dict[str, Any]]:
    """The rows by id, each with its title and how much more."""
    return {row["id"]: row for row in facts.table(TABLE)["lever"]}


def effects(card: Card, machine: Machine) -> dict[str, dict[str, float]]:
    """By lever and reference, the share of seconds that it adds; negative where it saves.

    The forecast holds kernels that wait for memory to a share of the rate of compute: `Card.waits` says how
    much of a pass that is, and its gain is counted to bandwidth.
    """
    return {lever: effect(lever, card, machine) for lever in levers()}


def effect(lever: str, card: Card, machine: Machine) -> dict[str, float]:
    """What one lever does to each reference whose seconds are known."""
    row = levers()[lever]
    device = CHANGES[lever](machine.device, row)
    changed = outcomes(Machine(device, machine.host, machine.policy))
    return {
        name: share(changed[name], found) + moved(lever, row, card.waits.get(name, 0.0))
        for name, found in card.outcomes.items()
        if found.seconds and changed[name].seconds
    }


def share(after: Outcome, before: Outcome) -> float:
    """The seconds that a change adds, as a share of those before."""
    assert after.seconds and before.seconds
    return after.seconds.best / before.seconds.best - 1


def moved(lever: str, row: dict[str, Any], waits: float) -> float:
    """What of the gain of compute is bandwidth's, as a share of a pass."""
    gain: float = waits * (1 - 1 / row.get("times", 1.0))
    return {"bandwidth": -gain, "compute": gain}.get(lever, 0.0)


def larger(device: Device, row: dict[str, Any]) -> Device:
    """The card with more memory, all of it free."""
    more = round(row["add_gib"] * GIB)
    return msgspec.structs.replace(device, total=device.total + more, free=device.free + more)


def wider(device: Device, row: dict[str, Any]) -> Device:
    """The card with more bandwidth."""
    had = device.bandwidth_gbs
    return msgspec.structs.replace(device, bandwidth_gbs=had and had * row["times"])


def faster(device: Device, row: dict[str, Any]) -> Device:
    """The card with more compute."""
    rates = (rate and rate * row["times"] for rate in (device.tflops, device.tflops_narrow))
    wide, narrow = rates
    return msgspec.structs.replace(device, tflops=wide, tflops_narrow=narrow)


CHANGES: dict[str, Callable[[Device, dict[str, Any]], Device]] = {
    "vram": larger,
    "bandwidth": wider,
    "compute": faster,
}
