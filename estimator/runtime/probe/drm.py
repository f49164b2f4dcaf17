"""Cards that a Linux kernel lists (`/sys/class/drm`), their names, and who holds memory on them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import msgspec

from ... import facts
from ...units import KIB, MIB
from .asking import number, text_of
from .processes import name_of
from .readings import Process

UNITS = {"": 1, "B": 1, "KiB": KIB, "MiB": MIB}
# Where distributions keep the names of PCI devices.
PCI_IDS = ("usr/share/misc/pci.ids", "usr/share/hwdata/pci.ids", "usr/share/pci.ids")


class Node(msgspec.Struct, frozen=True):
    """A card's folder: its maker, device and revision ids as the kernel has them, and its PCI address."""

    folder: Path
    vendor: str
    device: str
    revision: str
    address: str


def nodes(root: Path, vendor: str) -> list[Node]:
    """The cards of a maker, in the order of their PCI buses. `root` is `/` but in tests."""
    ids: dict[str, str] = facts.table("probe")["vendors"]
    found = []
    for folder in sorted((root / "sys/class/drm").glob("card*")):
        if re.fullmatch(r"card\d+", folder.name):
            here = folder / "device"
            words = [text_of(here / file).lower() for file in ("vendor", "device", "revision")]
            if ids.get(words[0]) == vendor:
                found.append(Node(folder, words[0], words[1], words[2], here.resolve().name))
    return sorted(found, key=lambda node: node.address)


def pci_name(root: Path, node: Node) -> str:
    """A device's name in the system's list of PCI ids; in brackets there is what it is sold as."""
    for place in PCI_IDS:
        try:
            with (root / place).open(encoding="utf-8", errors="replace") as file:
                line = line_of(file, node.vendor[2:], node.device[2:])
        except OSError:
            continue
        if line:
            sold = re.search(r"\[([^\]]+)\]", line)
            return sold.group(1) if sold else line
    return ""


def line_of(lines: Iterator[str], vendor: str, device: str) -> str:
    """The name of a vendor's device: vendors stand at the margin, their devices one tab in."""
    inside = False
    for line in lines:
        if line[:1] not in ("\t", "#", "\n"):
            inside = line.startswith(f"{vendor} ")
        elif inside and line.startswith(f"\t{device} "):
            return line.split(None, 1)[1].strip()
    return ""


def processes(root: Path, address: str) -> tuple[Process, ...] | None:
    """Who holds memory on the card at a PCI address; None where no process could be looked at.

    A process tells of its own memory in `/proc/PID/fdinfo`; those of other users are hidden from us.
    """
    most: int = facts.table("probe")["limits"]["processes"]
    clients: dict[tuple[int, str], int] = {}
    for pid, file in islice(opened(root), most):
        size = held(text_of(file), address)
        if size:
            client, amount = size
            clients[pid, client] = max(amount, clients.get((pid, client), 0))
    sums: dict[int, int] = {}
    for (pid, _), amount in clients.items():
        sums[pid] = sums.get(pid, 0) + amount
    return tuple(Process(pid, name_of(pid), amount) for pid, amount in sums.items() if amount) or None


def opened(root: Path) -> Iterator[tuple[int, Path]]:
    """The descriptions of every file under `/dev/dri` that a process holds open."""
    try:
        folders = [path for path in (root / "proc").iterdir() if path.name.isdecimal()]
    except OSError:
        return
    for folder in folders:
        try:
            links = list((folder / "fd").iterdir())
        except OSError:
            continue
        for link in links:
            if target(link).startswith("/dev/dri/"):
                yield int(folder.name), folder / "fdinfo" / link.name


def target(link: Path) -> str:
    """What an open file is; empty where it was closed meanwhile."""
    try:
        return str(link.readlink())
    except OSError:
        return ""


def held(description: str, address: str) -> tuple[str, int] | None:
    """The client and its bytes on a card, in the description of an open file; None where it is another's."""
    fields = dict(line.split(":", 1) for line in description.splitlines() if ":" in line)
    names: list[str] = facts.table("probe")["fdinfo"]["memory"]
    if fields.get("drm-pdev", "").strip() != address:
        return None
    amount = next((fields[name] for name in names if name in fields), "0")
    unit = amount.split()[1] if len(amount.split()) > 1 else ""
    size = (number(amount) or 0) * UNITS.get(unit, 1)
    return fields.get("drm-client-id", "").strip(), round(size)
