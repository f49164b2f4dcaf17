"""RAM, swap, and the disk that a folder lies on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ...units import KIB
from ..machine import Disk
from .asking import output, text_of, told, whole


def ram() -> tuple[int, int]:
    """Total and available RAM, bytes."""
    import psutil

    memory = psutil.virtual_memory()
    return int(memory.total), int(memory.available)


def swap(root: Path) -> int:
    """What the system can move out of RAM, bytes: on Linux without zram, which is RAM itself."""
    lines = text_of(root / "proc/swaps").splitlines()[1:]
    if not lines:
        return 0 if (root / "proc/swaps").is_file() else other_swap()
    sizes = [line.split() for line in lines if "/zram" not in line.split(None, 1)[0]]
    return sum(whole(row[2], KIB) or 0 for row in sizes if len(row) > 2)


def other_swap() -> int:
    """The page file of Windows or the swap files of macOS, as large as they are now."""
    import psutil

    return int(getattr(told(psutil.swap_memory), "total", 0))


def disk(root: Path, path: Path, system: str) -> Disk:
    """What kind of disk a folder lies on; empty for network folders and whatever does not say."""
    if system == "macos":
        return mac_disk(path)
    if system == "windows":
        return ""  # only an administrator's tools tell, or PowerShell in seconds
    found: Disk = told(linux_disk, root, path) or ""
    return found


def linux_disk(root: Path, path: Path) -> Disk:
    """The kind of the block device under a folder, by its number, through partitions and mappers.

    WSL's own disk is a file on Windows' one, of which nothing is told: it says that it turns, and does not.
    """
    number = path.stat().st_dev
    device = (root / f"sys/dev/block/{os.major(number)}:{os.minor(number)}").resolve(strict=True)
    if (device / "partition").is_file():
        device = device.parent
    while below := sorted((device / "slaves").glob("*")):
        device = below[0].resolve(strict=True)
        if (device / "partition").is_file():
            device = device.parent
    if virtual(device):
        return ""
    if device.name.startswith("nvme"):
        return "nvme"
    turns: dict[str, Disk] = {"0": "ssd", "1": "hdd"}
    return turns.get(text_of(device / "queue" / "rotational"), "")


def virtual(device: Path) -> bool:
    """Whether a disk is another computer's or a file: what it says of turning is made up."""
    maker = text_of(device / "device" / "vendor").lower()
    return device.name.startswith(("vd", "xvd", "loop", "nbd", "zram")) or maker in ("msft", "qemu", "vmware")


def mac_disk(path: Path) -> Disk:
    """The kind of disk under a folder on a Mac, by `diskutil`; Apple's own drives are NVMe."""
    lines = output("diskutil", "info", mount_of(path)).splitlines()
    fields: dict[str, Any] = {
        key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)
    }
    if fields.get("Protocol") in ("Apple Fabric", "PCI-Express", "NVMe"):
        return "nvme"
    kinds: dict[str, Disk] = {"Yes": "ssd", "No": "hdd"}
    return kinds.get(fields.get("Solid State", ""), "")


def mount_of(path: Path) -> str:
    """Where the volume that a folder lies on is mounted."""
    here = path.absolute()
    while not here.is_mount() and here != here.parent:
        here = here.parent
    return str(here)
