"""The machines that a row may have run on: its card, its system, and the ComfyUIs that are possible."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from estimator.options import MOST_GIB
from estimator.options import machine as machine_of
from estimator.runtime import Device, Machine
from estimator.runtime.cards import SIZE_SLACK, cards, device_of, device_of_size, kind, with_free
from estimator.runtime.policy import constants, newest, policy, version
from estimator.units import MIB, Estimate

from .models import Unjudged
from .reading import Row, table, worded

FLAG = re.compile(r"--[a-z0-9][a-z0-9-]*(?: [0-9.]+\b)?")
SIZE = re.compile(r"(\d+(?:\.\d+)?)[ -]?(?:gib|gb|g)\b")


def machines(row: Row, since: str) -> list[Machine]:
    """One machine for each policy that the row may have had. Raises `Unjudged` where no card is stated."""
    devices = [device_of_row(row, size) for size in sizes(row)]
    server = any(stands_in_server for _, stands_in_server in devices)
    system = worded("system", row.os or "")
    usual = table("words")["usual"]
    name = system["is"] if system else usual["server_system" if server else "system"]
    ram = (row.ram_mb or usual["ram_gib"] * 1024) / 1024
    flags = flags_of(row)
    host = machine_of(vram=1, ram=min(ram, MOST_GIB - 1), system=name).host
    return distinct(
        [
            Machine(device, host, policy(comfy, usual["torch"], host.os, device.vendor, flags))
            for device, _ in devices
            for comfy in versions(row, since)
        ]
    )


def sizes(row: Row) -> list[float | None]:
    """The sizes in MiB that the row's card may have: the one stated, or all that it is sold in."""
    stated = row.vram_mb or stated_size(row.gpu or "")
    if stated:
        return [stated]
    known = {gib(one) * 1024 for one in cards_named(row.gpu or "")}
    return sorted(known) if len(known) > 1 else [None]


def distinct(machines: list[Machine]) -> list[Machine]:
    """Without those that differ in nothing but a version whose manager is the same."""
    return list({(one.policy, one.device.total): one for one in machines}.values())


def versions(row: Row, since: str) -> list[str]:
    """The row's own ComfyUI, or the two that stand for all that are possible."""
    stated = re.match(r"v?(\d+(?:\.\d+)+)", row.comfy_version or "")
    if stated:
        return [stated[1]]
    legacy = table("words")["usual"]["legacy"]
    said = worded("era", row.os or "")
    legacy = said["comfy"] if said else legacy
    old = since if since and version(since) > version(legacy) else legacy
    if dynamic_said(row):
        return [newest()]
    if said:
        return [old]
    return [newest()] if constants(old)["dynamic_vram"] else [old, newest()]


def flags_of(row: Row) -> tuple[str, ...]:
    """ComfyUI's flags that the row states, and those that its words stand for."""
    text = row.flags or ""
    found = [part for one in FLAG.findall(text) for part in one.split()]
    if re.search(r"\(works with --disable-dynamic-vram", text):
        found.remove("--disable-dynamic-vram")
    if dynamic_said(row):
        found.append("--enable-dynamic-vram")
    said = worded("attention", text)
    return tuple(found) + ((said["flag"],) if said and said["flag"] not in found else ())


def dynamic_said(row: Row) -> bool:
    """Whether the row says that dynamic VRAM is on."""
    said = re.sub(r"\(.*?\)", "", (row.flags or "").lower())
    return bool(re.search(r"(?<!disable-)dynamic[- ]vram", said))


def device_of_row(row: Row, size: float | None) -> tuple[Device, bool]:
    """The card, and whether it stands in a server. Raises `Unjudged` where none is stated that we know."""
    name = row.gpu or ""
    found = min(cards_named(name), key=lambda one: abs(gib(one) * 1024 - (size or 0)), default=None)
    if found is None and (foreign(name) or not size):
        raise Unjudged(f"`{name}` is no card that we know" if name else "no card is stated")
    if found and not (gib(found) or "driver_total_mib" in found):
        raise Unjudged(f"{found['name']} shares the computer's memory, which is not modelled here")
    base = device_of(found) if found else device_of_size(round((size or 0) * MIB))
    total = total_of(row, size, base.total)
    device = msgspec.structs.replace(base, total=total, **held(row, total))
    return device, bool(found) and found.get("segment") == "datacenter"


def held(row: Row, total: int) -> dict[str, Any]:
    """What is `free` on the card and `taken` by others, by what the row says of that."""
    others, said = row.number("other_process_gb"), worded("budget", row.flags or "")
    found = re.search(said["says"], (row.flags or "").lower()) if said else None
    left = None if others is None else max(0, round(total - others * 1e9))
    if said and found:
        left = min(total, round((float(found[1]) * said["factor"] + said["reserve"]) * MIB))
    known = with_free("", "", total, left)
    taken = known.taken
    if said and found and float(found[1]) <= said["least"]:  # so much is the most that may have been free
        taken = Estimate(taken.low, taken.best, max(taken.high, total), taken.basis)
    return {"free": known.free, "taken": taken}


def total_of(row: Row, size: float | None, known: int) -> int:
    """The card's bytes: what its driver says, but where the row says otherwise."""
    if not size:
        return known
    nominal = bool(row.numbers.get("vram_is_nominal")) or row.vram_mb is None
    apart = abs(known / MIB - size) > SIZE_SLACK * size
    return round(size * MIB) if apart or not nominal else known


def stated_size(name: str) -> float | None:
    """The size in MiB that a card's name brings: `RTX 4060 Ti 16G`, `12 GB card`."""
    found = SIZE.search(name.lower())
    return float(found[1]) * 1024 if found else None


def cards_named(name: str) -> list[dict[str, Any]]:
    """The rows of a card by its name, one for each size that it is sold in; none where it is not known."""
    plain = re.sub(r"\(.*?\)", "", name.lower())
    if "/" in plain:
        raise Unjudged(f"`{name}` names more than one card")
    if said := worded("card", plain):
        return [one for one in cards() if one["id"] == said["is"]]
    words = kind(SIZE.sub("", plain))
    alike = [one for one in cards() if kind(one["name"]) and kind(one["name"]) <= words]
    most = max((len(kind(one["name"])) for one in alike), default=0)
    return [one for one in alike if len(kind(one["name"])) == most]


def gib(card: dict[str, Any]) -> float:
    """A card's size; 0 where it shares the computer's memory."""
    return float(card.get("vram_gb") or 0)


def foreign(name: str) -> bool:
    """Whether a name is of another maker than NVIDIA, so that its size alone tells too little."""
    return bool(re.search(r"\b(amd|radeon|rx|intel|arc|xpu|apple|m[1-5]|gfx\d+|strix)\b", name.lower()))
