"""AMD cards on Linux: by the kernel's own files, else by the tools that come with ROCm."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ... import facts
from ...units import MIB
from . import drm
from .asking import json_output, number, text_of, whole
from .processes import name_of
from .readings import Card, Process

IDS = "usr/share/libdrm/amdgpu.ids"
TOPOLOGY = "sys/class/kfd/kfd/topology/nodes"
COMPUTING = "sys/class/kfd/kfd/proc"
STEPS = {"B": 1, "KB": 1024, "MB": MIB, "GB": MIB * 1024}


def cards(root: Path) -> tuple[Card, ...]:
    """Every AMD card, in the order of their PCI buses; none without the kernel's driver or a tool."""
    found = [kernel_card(root, node, index) for index, node in enumerate(drm.nodes(root, "amd"))]
    return tuple(one for one in found if one) or amd_smi() or rocm_smi()


def kernel_card(root: Path, node: drm.Node, index: int) -> Card | None:
    """A card by the files of `amdgpu`; None where they tell no size.

    Graphics in a processor work in RAM (GTT) where what was carved out for them is smaller than that.
    The link that `amdgpu` shows is the one inside the card, whatever its slot gives: left out.
    """
    at = node.folder / "device"
    sizes = {kind: memory(at, kind) for kind in ("vram", "gtt")}
    (vram, gtt), gfx = (sizes["vram"][0], sizes["gtt"][0]), target_of(root, node.address)
    inside = gfx in facts.table("probe")["apu"]["gfx"]
    unified = inside and vram < gtt
    total, used = sizes["gtt" if unified else "vram"]
    if not total:
        return None
    return Card(
        name=text_of(at / "product_name") or sold_as(root, node) or "an AMD card",
        vendor="amd",
        total=total,
        free=None if used is None else max(0, total - used),
        index=index,
        uuid=text_of(at / "unique_id"),
        gfx=gfx,
        unified=unified,
        integrated=inside,
        processes=processes(root, node.address),
        told_by="amdgpu",
    )


def memory(folder: Path, kind: str) -> tuple[int, int | None]:
    """Total (0 where it is not told) and used bytes of one kind of a card's memory."""
    total, used = (whole(text_of(folder / f"mem_info_{kind}_{what}")) for what in ("total", "used"))
    return total or 0, used


def sold_as(root: Path, node: drm.Node) -> str:
    """What a card is sold as, by its device and revision, in libdrm's list, else the list of PCI ids."""
    try:
        lines = (root / IDS).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    wanted = (node.device[2:], node.revision[2:])
    for line in lines:
        device, _, rest = line.partition(",")
        revision, _, name = rest.partition(",")
        if wanted == (device.strip().lower(), revision.strip().lower().rjust(2, "0")):
            return name.strip()
    return drm.pci_name(root, node)


def target_of(root: Path, address: str) -> str:
    """The instruction set (`gfx1100`) of the card at a PCI address; empty where nothing can compute on it."""
    version = int(compute_node(root, address).get("gfx_target_version", 0))
    return f"gfx{version // 10000}{version // 100 % 100:x}{version % 100:x}" if version else ""


def compute_node(root: Path, address: str) -> dict[str, str]:
    """What the kernel's list of compute nodes (KFD) says of the card at a PCI address; empty without one."""
    for node in sorted((root / TOPOLOGY).glob("*/properties")):
        words = (line.split() for line in text_of(node).splitlines())
        fields = {pair[0]: pair[1] for pair in words if len(pair) == 2 and pair[1].isdecimal()}
        place, domain = int(fields.get("location_id", 0)), int(fields.get("domain", 0))
        if fields.get("gfx_target_version", "0") != "0" and bus(place, domain) == address:
            return fields | {"gpu_id": text_of(node.parent / "gpu_id")}
    return {}


def processes(root: Path, address: str) -> tuple[Process, ...] | None:
    """Who holds memory on a card: programs that draw tell of themselves, the kernel of those that compute."""
    held = {one.pid: one for one in drm.processes(root, address) or ()}
    number = compute_node(root, address).get("gpu_id", "")
    for file in sorted((root / COMPUTING).glob(f"*/vram_{number}")) if number.isdecimal() else ():
        size, pid = whole(text_of(file)), file.parent.name
        if size and pid.isdecimal() and len(pid) < 12:
            before = held.get(int(pid))
            size = max(size, before.bytes or 0) if before else size
            held[int(pid)] = Process(int(pid), before.name if before else name_of(int(pid)), size)
    return tuple(held.values()) or None


def bus(place: int, domain: int) -> str:
    """A PCI address as the kernel writes it."""
    return f"{domain:04x}:{place >> 8 & 255:02x}:{place >> 3 & 31:02x}.{place & 7}"


def amd_smi() -> tuple[Card, ...]:
    """Every card by `amd-smi`, which prints a list, or an object that holds one."""
    described, measured = (
        listed(json_output("amd-smi", *words, "--json"))
        for words in (("static", "--asic", "--vram"), ("metric", "--mem-usage"))
    )
    usage = {row.get("gpu"): part(row, "mem_usage") for row in measured}
    return tuple(smi_card(row, usage.get(row.get("gpu"), {}), i) for i, row in enumerate(described))


def smi_card(row: dict[str, Any], usage: dict[str, Any], index: int) -> Card:
    """A card from what `amd-smi` says of it and of its memory."""
    asic, gfx = part(row, "asic"), str(part(row, "asic").get("target_graphics_version", ""))
    return Card(
        name=str(asic.get("market_name") or "an AMD card"),
        vendor="amd",
        total=size(part(row, "vram").get("size")) or size(usage.get("total_vram")) or 0,
        free=size(usage.get("free_vram")),
        index=index,
        gfx=gfx if gfx.startswith("gfx") else "",
        integrated=gfx in facts.table("probe")["apu"]["gfx"],
        told_by="amd-smi",
    )


def rocm_smi() -> tuple[Card, ...]:
    """Every card by `rocm-smi`, the older tool."""
    told = json_output("rocm-smi", "--showproductname", "--showmeminfo", "vram", "--json")
    rows = told.items() if isinstance(told, dict) else ()
    found = [row for name, row in rows if name.startswith("card") and isinstance(row, dict)]
    return tuple(
        old_card({key.lower(): value for key, value in row.items()}, i) for i, row in enumerate(found)
    )


def old_card(row: dict[str, Any], index: int) -> Card:
    """A card from `rocm-smi`'s fields, whose capitals differ between versions."""
    total = whole(row.get("vram total memory (b)")) or 0
    used = whole(row.get("vram total used memory (b)"))
    gfx = str(row.get("gfx version", ""))
    return Card(
        name=str(row.get("card series") or "an AMD card"),
        vendor="amd",
        total=total,
        free=None if used is None else max(0, total - used),
        index=index,
        gfx=gfx if gfx.startswith("gfx") else "",
        integrated=gfx in facts.table("probe")["apu"]["gfx"],
        told_by="rocm-smi",
    )


def listed(told: Any) -> list[dict[str, Any]]:
    """The rows of what `amd-smi` prints, in either form."""
    rows = told.get("gpu_data") if isinstance(told, dict) else told
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def part(row: dict[str, Any], name: str) -> dict[str, Any]:
    """An object inside a row; empty where there is another thing in its place."""
    found = row.get(name)
    return found if isinstance(found, dict) else {}


def size(value: Any) -> int | None:
    """Bytes from `{"value": 24560, "unit": "MB"}` or `24560 MB`; the tool's MB are MiB."""
    unit = value.get("unit") if isinstance(value, dict) else str(value or "").partition(" ")[2]
    return whole(number(value), STEPS.get(str(unit or "MB").upper(), MIB))
