"""The cards that a row may have run on: by name, by chip, or by size alone, with what others held there."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from estimator.runtime import Device
from estimator.runtime.cards import (
    SIZE_SLACK,
    cards,
    device_of,
    device_of_size,
    kind,
    with_free,
    works_in_ram,
)
from estimator.units import MIB, Estimate

from .models import Unjudged
from .reading import Row, table, worded

Card = dict[str, Any]
SIZE = re.compile(r"(\d+(?:\.\d+)?)[ -]?(?:gib|gb|g)\b")
SERIES = frozenset(("rtx", "gtx", "rx", "arc", "tesla", "quadro", "nvidia", "geforce", "radeon", "gpu"))


def devices(row: Row) -> list[tuple[Device, bool]]:
    """Each card that it may have been, and whether it stands in a server. Raises `Unjudged` for none."""
    named = cards_named(row.gpu or "")
    return [device(row, named, size) for size in sizes(row, named)]


def sizes(row: Row, named: list[Card]) -> list[float | None]:
    """The sizes in MiB that the row's card may have: the one stated, or all that it is sold in."""
    stated = row.vram_mb or stated_size(row.gpu or "")
    if stated:
        return [stated]
    known = {gib(one) * 1024 for one in named}
    return list(sorted(known)) if len(known) > 1 else [None]


def device(row: Row, named: list[Card], size: float | None) -> tuple[Device, bool]:
    """One card of a size."""
    found = min(named, key=lambda one: abs(gib(one) * 1024 - (size or 0)), default=None)
    if found is None and (foreign(row.gpu or "") or not size):
        raise Unjudged(f"`{row.gpu}` is no card that we know" if row.gpu else "no card is stated")
    if found is None:
        base = device_of_size(round((size or 0) * MIB))
    elif works_in_ram(found):
        if not row.ram_mb:
            raise Unjudged(f"{found['name']} works in the computer's RAM, which is not stated")
        return device_of(found, ram=round(row.ram_mb * MIB)), False
    else:
        base = device_of(found)
    total = total_of(row, size, base.total)
    changed = msgspec.structs.replace(base, total=total, **held(row, total))
    return changed, bool(found) and found.get("segment") == "datacenter"


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


def cards_named(name: str) -> list[Card]:
    """The rows of a card by its name, one for each size that it is sold in; none where it is not known."""
    plain = re.sub(r"\(.*?\)", "", name.lower())
    if re.search(r"/| or | and |\d ?x ", plain):
        raise Unjudged(f"`{name}` names more than one card")
    if said := worded("card", plain):
        return [one for one in cards() if one["id"] == said["is"]]
    words = kind(SIZE.sub("", reworded(plain)))
    alike = [one for one in cards() if kind(one["name"]) and kind(one["name"]) <= words]
    alike = alike or [one for one in cards() if number(one) and number(one) == words - SERIES]
    most = max((len(kind(one["name"])) for one in alike), default=0)
    return [one for one in alike if len(kind(one["name"])) == most] or longer(words)


def longer(words: frozenset[str]) -> list[Card]:
    """The rows whose names say a little more than some words: `RTX 6000 Ada` is one of a Generation."""
    if not any(re.search(r"\d{3}", word) for word in words):
        return []
    alike = [one for one in cards() if words < kind(one["name"])]
    least = min((len(kind(one["name"])) for one in alike), default=0)
    return [one for one in alike if len(kind(one["name"])) == least]


def reworded(name: str) -> str:
    """A card's name in the words that our rows have: `RTX4090`, `4060 mobile`."""
    for one in table("words")["respelled"]:
        name = re.sub(one["says"], one["as"], name)
    return name


def number(card: Card) -> frozenset[str]:
    """The words of a card's name beside its series: all that many say of it."""
    return kind(card["name"]) - SERIES


def gib(card: Card) -> float:
    """A card's size; 0 where it shares the computer's memory."""
    return float(card.get("vram_gb") or 0)


def foreign(name: str) -> bool:
    """Whether a name is of another maker than NVIDIA, so that its size alone tells too little."""
    return bool(re.search(r"\b(amd|radeon|rx|intel|arc|xpu|apple|m[1-5]|gfx\d+|strix)\b", name.lower()))
