"""Cards by name, by what a driver calls them, or by size alone (`data/gpus.json`)."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection
from typing import Any, Literal

from .. import facts
from ..errors import InputError
from ..units import GIB, MIB, Estimate
from .machine import Device, Holder
from .probe.apple import recommended
from .probe.processes import COMFYUI
from .probe.readings import Card
from .rates import listed

SIZE_SLACK = 0.12  # drivers report a little less than the label


def cards() -> list[dict[str, Any]]:
    """The rows of `data/gpus.json`."""
    rows: list[dict[str, Any]] = facts.table("gpus")["gpu"]
    return rows


def card(name: str) -> dict[str, Any]:
    """The row of a card by its id or name, however written. Raises `InputError` offering the nearest."""
    wanted = slug(name)
    rows = {slug(row["id"]): row for row in cards()}
    by_name = {slug(row["name"]): row for row in cards()}
    if wanted in rows or wanted in by_name:
        return rows.get(wanted) or by_name[wanted]
    inside = [key for key in rows if wanted and wanted in key]
    if len(inside) == 1:
        return rows[inside[0]]
    near = inside[:4] or difflib.get_close_matches(wanted, rows, 3, 0.3) or sorted(rows)[:3]
    names = ", ".join(rows[key]["id"] for key in near)
    raise InputError(f"no card is named `{name}`", do=f"Did you mean {names}?")


def card_here(name: str, total: int) -> dict[str, Any] | None:
    """The row of the card that a driver names, `total` bytes large; None where no row fits both.

    Drivers leave a card's size out of its name: `NVIDIA GeForce RTX 3060` is a card of 8 or of 12 GB. A row
    without a size is of a chip that works in RAM, and a `total` of 0 is one that the driver does not tell.
    """
    words = kind(name)
    same = [row for row in cards() if kind(row["name"]) == words] or [
        row for row in cards() if kind(row["id"]) and kind(row["id"]) <= words
    ]
    if not total or all(works_in_ram(row) for row in same):
        return same[0] if len(same) == 1 else None
    near = min(same, key=lambda row: abs(row["vram_gb"] * GIB - total))
    return near if abs(near["vram_gb"] * GIB - total) < SIZE_SLACK * total else None


def works_in_ram(row: dict[str, Any]) -> bool:
    """Whether a row's chip has no memory of its own, but the computer's RAM."""
    return bool(row["segment"] == "unified")


def kind(name: str) -> frozenset[str]:
    """The words of a card's name without its size."""
    words = re.sub(r"sxm\d", "sxm", slug(name)).split("-")
    return frozenset(word for word in words if not re.fullmatch(r"\d{0,3}(gb|gib)?|graphics|r|tm", word))


def slug(name: str) -> str:
    """A name in lower case with single dashes, without its maker."""
    words = re.sub(r"[^a-z0-9]+", "-", re.sub(r"\((r|tm)\)", "", name.lower())).strip("-")
    return re.sub(r"^((nvidia|amd|intel|apple)-)?((geforce|radeon)-)?", "", words)


def device_of(row: dict[str, Any], free: int | None = None, ram: int = 0) -> Device:
    """The device that a card's row describes, with `free` bytes, or what is usually free.

    `ram`: that of the computer around a chip that works in it. Raises `InputError` where that is needed.
    """
    total = size_of(row, ram)
    lanes, gen = row.get("pcie_lanes"), row.get("pcie_gen")
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
        pcie_gbs=link(int(gen), lanes) if gen and lanes else None,
        bandwidth_gbs=row.get("bandwidth_gbs"),
        architecture=row.get("architecture") or "",
        unified=works_in_ram(row),
        gfx=row.get("gfx") or "",
    )


def size_of(row: dict[str, Any], ram: int) -> int:
    """A card's memory: the driver's word, else the label, else what of the RAM it may use."""
    if works_in_ram(row) and (ram or "vram_gb" not in row):
        if not ram:
            where = f"--gpu {row['id']}"
            raise InputError("its memory is the computer's RAM", where=where, do="Add --ram 32, in GiB.")
        return share_of(row["vendor"], ram)
    return row["driver_total_mib"] * MIB if "driver_total_mib" in row else int(row["vram_gb"] * GIB)


def share_of(vendor: str, ram: int) -> int:
    """What a chip that works in RAM may use of it, if nobody changed that; NVIDIA's may use it all."""
    if vendor == "apple":
        return recommended(ram)
    return int(ram * facts.table("probe")["apu"]["gtt_share"]) if vendor == "amd" else ram


def link(gen: int, lanes: int) -> float | None:
    """What a PCI Express link carries, 1e9 bytes a second; None for a generation that no row knows."""
    per_lane: dict[str, float] = facts.table("managers/constants")["transfer"]["pcie_gbs_per_lane"]
    return per_lane[str(gen)] * lanes if str(gen) in per_lane else None


def device_of_size(vram: int, free: int | None = None) -> Device:
    """A card of which only the size is known: NVIDIA, of an unnamed kind."""
    return with_free(f"a {vram / GIB:g} GiB card", "nvidia", vram, free)


def device_seen(seen: Card, ram: tuple[int, int]) -> Device:
    """The device that a driver describes, with the rates of its row where its name is known.

    `ram`: total and available, which bound a chip that works in RAM. The link as it was negotiated is
    believed before the row's. What a running ComfyUI holds counts as free: it gives that up for a prompt.
    """
    row = card_here(seen.name, seen.total)
    unified = seen.unified or bool(row and works_in_ram(row) and not seen.total)
    total = seen.total or (size_of(row, ram[0]) if row else 0)
    free = None if seen.free is None else min(total, seen.free + given_up(seen))
    if unified:
        free = min(total if free is None else free, ram[1])
    known = device_of(row, free, ram[0]) if row else None
    negotiated = link(seen.pcie_gen, seen.pcie_lanes) if seen.pcie_gen and seen.pcie_lanes else None
    return with_free(
        seen.name,
        seen.vendor,
        total,
        free,
        compute_capability=seen.compute_capability or (known and known.compute_capability),
        tflops=known and known.tflops,
        tflops_narrow=known and known.tflops_narrow,
        pcie_gbs=negotiated or (known and known.pcie_gbs),
        bandwidth_gbs=known and known.bandwidth_gbs,
        architecture=known.architecture if known else "",
        unified=unified,
        gfx=seen.gfx or (known.gfx if known else ""),
        holders=holders(seen),
    )


def given_up(seen: Card) -> int:
    """What the ComfyUI that runs on a card holds there, bytes; 0 for several, which give way to none."""
    running = [process.bytes or 0 for process in seen.processes or () if process.name == COMFYUI]
    return running[0] if len(running) == 1 else 0


def holders(seen: Card, but: Collection[int] = ()) -> tuple[Holder, ...] | None:
    """Who holds memory on a card, each program once, the largest first; None where it is not known.

    `but`: numbers of processes that are left out.
    """
    if seen.processes is None:
        return None
    sizes: dict[str, list[int | None]] = {}
    for process in (one for one in seen.processes if one.pid not in but):
        sizes.setdefault(process.name, []).append(process.bytes)
    known = {name: [size for size in held if size is not None] for name, held in sizes.items()}
    found = [Holder(name, sum(held) if held else None) for name, held in known.items()]
    return tuple(sorted(found, key=lambda holder: (-(holder.bytes or 0), holder.name)))


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
