"""NVIDIA cards by the tool that comes with their driver, where NVML's Python library does not answer."""

from __future__ import annotations

import csv

from ...units import MIB
from .asking import number, output, whole
from .processes import name_of
from .readings import Card, Process

FIELDS = ("index", "uuid", "name", "memory.total", "memory.free")
# Drivers before 2021 refuse the whole query for a field that they do not know.
NEWER = ("compute_cap", "pcie.link.gen.max", "pcie.link.width.current")
FORM = "--format=csv,noheader,nounits"


def cards(system: str) -> tuple[Card, ...]:
    """Every NVIDIA card, in the order of their PCI buses; none without the tool or a driver."""
    printed = output("nvidia-smi", f"--query-gpu={','.join(FIELDS + NEWER)}", FORM)
    listed = rows(printed, len(FIELDS + NEWER)) or rows(
        output("nvidia-smi", f"--query-gpu={','.join(FIELDS)}", FORM), len(FIELDS)
    )
    if not listed:
        return ()
    held = None if system == "wsl" else holders()
    return tuple(card(row, held) for row in listed)


def card(row: list[str], held: dict[str, list[Process]] | None) -> Card:
    """A card from its row; what the tool has no answer for (`[N/A]`) is not known."""
    index, uuid, name, total, free, *newer = row
    capability, gen, lanes = map(number, newer or ("", "", ""))
    return Card(
        name=name,
        vendor="nvidia",
        total=whole(total, MIB) or 0,
        free=whole(free, MIB),
        index=whole(index) or 0,
        uuid=uuid,
        compute_capability=capability,
        pcie_gen=int(gen) if gen else None,
        pcie_lanes=int(lanes) if lanes else None,
        processes=None if held is None else tuple(held.get(uuid, ())),
        told_by="nvidia-smi",
    )


def holders() -> dict[str, list[Process]] | None:
    """Who computes on which card, by its uuid; None where the tool does not list them.

    Programs that only draw are not in this list, but for those that Windows counts as both.
    """
    printed = output("nvidia-smi", "--query-compute-apps=gpu_uuid,pid,used_memory,process_name", FORM)
    found: dict[str, list[Process]] = {}
    for row in csv.reader(printed.splitlines(), skipinitialspace=True):
        if len(row) > 3 and row[1].isdecimal() and len(row[1]) < 12:
            uuid, pid, size, *path = row
            one = Process(int(pid), name_of(int(pid), ",".join(path)), whole(size, MIB))
            found.setdefault(uuid, []).append(one)
    return found or None


def rows(printed: str, fields: int) -> list[list[str]]:
    """The rows of a table of so many fields; none where the tool printed an error instead."""
    table = [[cell.strip() for cell in row] for row in csv.reader(printed.splitlines())]
    return [row for row in table if len(row) == fields and row[0].isdecimal() and row[2]]
