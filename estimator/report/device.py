"""What `device` says of this machine."""

from __future__ import annotations

from typing import Any

import msgspec

from ..runtime import Device, Host, Policy
from ..runtime.cards import given_up
from ..runtime.choice import Choice, Described
from ..runtime.machine import Holder
from ..runtime.probe import Card
from ..units import amount, gib

SCHEMA = 1
MOST_HOLDERS = 6
CARD_FIELDS = ("name", "vendor", "total", "free", "unified", "integrated", "uuid", "told_by")
DEVICE_FIELDS = (
    "name",
    "vendor",
    "total",
    "free",
    "unified",
    "architecture",
    "compute_capability",
    "gfx",
    "tflops",
    "bandwidth_gbs",
    "pcie_gbs",
)


def encode(found: Described) -> str:
    """The machine as JSON. A card's `free` is what its driver tells; the device's, what ComfyUI can use."""
    shown: dict[str, Any] = {
        "schema": SCHEMA,
        "cards": [{field: getattr(card, field) for field in CARD_FIELDS} for card in found.cards],
        "chosen": None,
        "device": None,
        "host": found.host,
        "policy": found.policy
        and {field: getattr(found.policy, field) for field in ("comfy", "dynamic_vram", "flags")},
    }
    if found.choice and found.device:
        number, why = found.cards.index(found.choice.card), found.choice.why
        shown["chosen"] = {"number": number, "why": why, "sure": found.choice.sure}
        shown["device"] = {field: getattr(found.device, field) for field in DEVICE_FIELDS}
        shown["device"]["holders"] = found.device.holders
    else:
        shown["missing"] = found.missing
    return msgspec.json.encode(shown).decode()


def render(found: Described) -> str:
    """The machine for people: a line for each thing."""
    lines = [*card_lines(found), host_line(found.host)]
    if found.device and found.policy:
        lines += [holders_line(found.device), policy_line(found.policy)]
    own = given_up(found.choice.card) if found.choice else 0
    if own:
        lines.append(
            f"{amount(own)} of it is the running ComfyUI's, which counts as free for its next prompt"
        )
    return "\n".join([*lines, found.missing] if found.missing else lines)


def card_lines(found: Described) -> list[str]:
    """Every card by its number; the one that was taken is marked, with the reason."""
    return [card_line(number, card, found.choice) for number, card in enumerate(found.cards)]


def card_line(number: int, card: Card, choice: Choice | None) -> str:
    """One card: what it holds, what is free, and whether ComfyUI would use it."""
    total = gib(card.total) if card.total else "memory not known"
    free = "free not known" if card.free is None else f"{gib(card.free)} free"
    shared = " of the computer's RAM" if card.unified else ""
    chosen = f"  <- {choice.why}" if choice and choice.card is card else ""
    return f"card {number}  {card.name}, {total}{shared}, {free}{chosen}"


def holders_line(device: Device) -> str:
    """Who holds memory on the card."""
    if device.holders is None:
        return "held by: not known on this system"
    if not device.holders:
        return "held by: no program that the driver lists"
    shown = ", ".join(holder_words(one) for one in device.holders[:MOST_HOLDERS])
    more = len(device.holders) - MOST_HOLDERS
    return f"held by: {shown}" + (f" and {more} more" if more > 0 else "")


def holder_words(holder: Holder) -> str:
    """A program and what it holds, where that is told."""
    return holder.name if holder.bytes is None else f"{holder.name} {amount(holder.bytes)}"


def host_line(host: Host) -> str:
    """The computer around the cards."""
    swap = f"{gib(host.swap)} swap" if host.swap else "no swap"
    disk = host.disk or "kind not known"
    return f"{host.os}: {gib(host.ram_total)} RAM, {gib(host.ram_free)} free; {swap}; models' disk: {disk}"


def policy_line(policy: Policy) -> str:
    """What ComfyUI's memory manager would be."""
    kind = "dynamic VRAM" if policy.dynamic_vram else "the legacy memory manager"
    flags = f" with {' '.join(policy.flags)}" if policy.flags else ""
    return f"ComfyUI {policy.comfy}{flags}: {kind}"
