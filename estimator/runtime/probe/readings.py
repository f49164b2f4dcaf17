"""What a machine says of itself: its cards and who holds their memory, its RAM, its disks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Protocol

import msgspec

from ..machine import Disk, Os

Bytes = Annotated[int, msgspec.Meta(ge=0, le=1 << 60)]


class Process(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A process that holds memory on a card; `bytes` is None where the driver does not tell how much."""

    pid: int
    name: str
    bytes: Bytes | None = None


class Card(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A card as its driver describes it; sizes in bytes.

    `total` is 0 and `free` None where no driver tells. `index`: its place among its maker's cards, in the
    order of their PCI buses. `gfx`: AMD's name of its instruction set. `integrated`: graphics inside a
    processor that are no device for ComfyUI unless a row of `data/gpus.json` names them. `unified`: its
    memory is the computer's RAM. `processes`: None where this system or driver does not list them.
    `told_by`: the driver or tool that was asked.
    """

    name: str
    vendor: str
    total: Bytes
    free: Bytes | None = None
    index: int = 0
    uuid: str = ""
    compute_capability: float | None = None
    gfx: str = ""
    pcie_gen: int | None = None
    pcie_lanes: int | None = None
    unified: bool = False
    integrated: bool = False
    processes: tuple[Process, ...] | None = None
    told_by: str = ""


class Probe(Protocol):
    """Whatever answers for a machine: this one's drivers, or a recording."""

    def system(self) -> Os:
        """The operating system, as ComfyUI tells them apart."""

    def cards(self) -> tuple[Card, ...]:
        """Every card that a driver tells of, makers in the order of `data/probe.toml`."""

    def ram(self) -> tuple[int, int]:
        """Total and available RAM, bytes."""

    def swap(self) -> int:
        """What the system can move out of RAM, bytes; compressed RAM is none."""

    def disk(self, path: Path | None) -> Disk:
        """What kind of disk a folder lies on; empty where it is not known, or there is no folder."""

    def variable(self, name: str) -> str:
        """An environment variable, empty where it is not set."""
