"""Intel cards on Linux: by the kernel's files, with `xpu-smi` for what those leave out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from . import drm
from .asking import json_output, text_of, whole
from .readings import Card

# Where the drivers `xe` and `i915` tell how much memory a card has.
SIZES = (
    "device/tile0/physical_vram_size_bytes",
    "device/tile0/memory/physical_vram_size_bytes",
    "lmem_total_bytes",
    "device/lmem_total_bytes",
)


def cards(root: Path) -> tuple[Card, ...]:
    """Every Intel card, in the order of their PCI buses; none without the kernel's driver or `xpu-smi`."""
    found = drm.nodes(root, "intel")
    tool = xpu_smi()
    if not found:
        return tuple(card(row, index) for index, row in enumerate(tool.values()))
    return tuple(kernel_card(root, node, i, tool.get(node.address, {})) for i, node in enumerate(found))


def kernel_card(root: Path, node: drm.Node, index: int, told: dict[str, Any]) -> Card:
    """A card by the kernel and, where there is one, the tool's row.

    Memory of its own makes it a card; the kernel does not tell how much of that is free. Its link is that
    of a bridge inside the card, whatever the slot gives: left out.
    """
    own = next(filter(None, (whole(text_of(node.folder / place)) for place in SIZES)), 0)
    total = own or whole(told.get("memory_physical_size_byte")) or 0
    name = str(told.get("device_name") or drm.pci_name(root, node) or "Intel graphics")
    found = msgspec.structs.replace(card(told, index), name=name, total=total, free=free(told, total))
    return msgspec.structs.replace(
        found,
        integrated=not total,
        processes=drm.processes(root, node.address),
        told_by="xpu-smi" if told else "the kernel",
    )


def card(told: dict[str, Any], index: int) -> Card:
    """A card by `xpu-smi` alone."""
    total = whole(told.get("memory_physical_size_byte")) or 0
    return Card(
        name=str(told.get("device_name") or "Intel graphics"),
        vendor="intel",
        total=total,
        free=free(told, total),
        index=index,
        uuid=str(told.get("uuid") or ""),
        integrated=not total,
        told_by="xpu-smi",
    )


def free(told: dict[str, Any], total: int) -> int | None:
    """What is free by the tool, where it says so: many cards and drivers have it leave that at zero."""
    found = whole(told.get("memory_free_size_byte"))
    return min(found, total) if found else None


def xpu_smi() -> dict[str, dict[str, Any]]:
    """What `xpu-smi` says of each card, by its PCI address; empty without the tool."""
    listing = json_output("xpu-smi", "discovery", "-j")
    rows = listing.get("device_list") if isinstance(listing, dict) else listing
    found: dict[str, dict[str, Any]] = {}
    for row in rows[:8] if isinstance(rows, list) else ():
        number = row.get("device_id") if isinstance(row, dict) else None
        if isinstance(number, int):
            more = json_output("xpu-smi", "discovery", "-d", str(number), "-j")
            whole_row = row | (more if isinstance(more, dict) else {})
            found[str(whole_row.get("pci_bdf_address", number))] = whole_row
    return found
