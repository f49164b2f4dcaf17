"""Cards by name, by what a driver calls them, or by size alone (`data/gpus.json`)."""

from __future__ import annotations

import difflib
import re
from typing import Any, Literal

from .. import facts
from ..errors import InputError
from ..units import GIB, MIB, Estimate
from .machine import Device
from .rates import listed

SIZE_SLACK = 0.12  # drivers report a little less than the label


def cards() -> list[dict[str, Any]]:
    """The rows of `data/gpus.json`."""
    rows: list[dict[str, Any]] = facts.table("gpus")["gpu"]
    return rows


def card(name: str) -> dict[str, Any]:
    """The row of a card by its id or name, however written. Raises `InputError` offering the nearest."""
    wanted = slug(name)
    rows = {row["id"]: row for row in cards()}
    by_name = {slug(row["name"]): row for row in cards()}
    if wanted in rows or wanted in by_name:
        return rows.get(wanted) or by_name[wanted]
    inside = [key for key in rows if wanted and wanted in key]
    if len(inside) == 1:
        return rows[inside[0]]
    near = inside[:4] or difflib.get_close_matches(wanted, rows, 3, 0.3) or sorted(rows)[:3]
    raise InputError(f"no card is named `{name}`", do=f"Did you mean {', '.join(near)}?")


def card_here(name: str, total: int) -> dict[str, Any] | None:
    """The row of the card that a driver names, `total` bytes large; None where no row fits both.

    Drivers leave a card's size out of its name: `NVIDIA GeForce RTX 3060` is a card of 8 or of 12 GB.
    """
    words = kind(name)
    same = [row for row in cards() if kind(row["name"]) == words] or [
        row for row in cards() if kind(row["id"]) and kind(row["id"]) <= words
    ]
    near = min(same, key=lambda row: abs(row["vram_gb"] * GIB - total), default=None)
    return near if near and abs(near["vram_gb"] * GIB - total) < SIZE_SLACK * total else None


def kind(name: str) -> frozenset[str]:
    """The words of a card's name without its size."""
    words = re.sub(r"sxm\d", "sxm", slug(name)).split("-")
    return frozenset(word for word in words if not re.fullmatch(r"\d{0,3}(gb|gib)?", word))


def slug(name: str) -> str:
    """A name in lower case with single dashes, without its maker."""
    words = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return re.sub(r"^(nvidia-)?(geforce-)?|^(amd-)?(radeon-)?", "", words)


def device_of(row: dict[str, Any], free: int | None = None) -> Device:
    """The device that a card's row describes, with `free` bytes, or what is usually free."""
    total = row["driver_total_mib"] * MIB if "driver_total_mib" in row else int(row["vram_gb"] * GIB)
    lanes, gen = row.get("pcie_lanes"), row.get("pcie_gen")
    per_lane = facts.table("managers/constants")["transfer"]["pcie_gbs_per_lane"]
    capability = row.get("compute_capability")
    tflops, narrow = listed(row)
    return with_free(
        row["name"],
        row["vendor"],
        total,
        free,
        compute_capability=float(capability) if capability else None,
        tflops=tflops,
        tflops_narrow=narrow,
        pcie_gbs=per_lane[str(int(gen))] * lanes if gen and lanes else None,
        bandwidth_gbs=row.get("bandwidth_gbs"),
        architecture=row.get("architecture") or "",
    )


def device_of_size(vram: int, free: int | None = None) -> Device:
    """A card of which only the size is known: NVIDIA, of an unnamed kind."""
    return with_free(f"a {vram / GIB:g} GiB card", "nvidia", vram, free)


def with_free(name: str, vendor: str, total: int, free: int | None, **rest: Any) -> Device:
    """A device whose held memory is known (`free` given) or assumed; the CUDA context comes on top."""
    known = facts.table("managers/constants")
    held = span(known["cuda_context"], "assumed")
    if free is None:
        held = held + span(known["other_programs"], "assumed")
    else:
        others = max(0, total - free)
        held = held + Estimate(others, others, others, "measured")
    return Device(name, vendor, total, max(0, total - round(held.best)), held, **rest)


def span(row: dict[str, Any], basis: Literal["assumed"]) -> Estimate:
    """A band that `data/` gives in MiB, in bytes."""
    return Estimate(row["low_mib"] * MIB, row["best_mib"] * MIB, row["high_mib"] * MIB, basis)
