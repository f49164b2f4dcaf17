"""The machine that a forecast is for: the card, the computer around it, and how ComfyUI is set up."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from .. import facts
from ..units import Estimate

Os = Literal["linux", "windows", "wsl", "macos"]
Disk = Literal["", "nvme", "ssd", "hdd"]


class Holder(msgspec.Struct, frozen=True):
    """A program that holds memory on the card; `bytes` is None where the driver does not tell how much."""

    name: str
    bytes: int | None = None


class Device(msgspec.Struct, frozen=True):
    """A card. Sizes in bytes; `free` is what is free before ComfyUI loads a model.

    `taken`: what is held before any model is loaded (CUDA context, other programs), with its band.
    `unified`: its memory is the computer's RAM. `gfx`: AMD's name of its instruction set. `holders`: who
    holds memory on it now, the largest first; None where that is not known.
    """

    name: str
    vendor: str
    total: int
    free: int
    taken: Estimate
    compute_capability: float | None = None
    tflops: float | None = None
    pcie_gbs: float | None = None
    bandwidth_gbs: float | None = None
    architecture: str = ""
    unified: bool = False
    gfx: str = ""
    holders: tuple[Holder, ...] | None = None

    def supports(self, dtype: str) -> bool:
        """Whether the card computes in this element type natively, as ComfyUI judges it."""
        needed = facts.table("capabilities")["native"].get(dtype)
        if needed is None or self.vendor != "nvidia":
            return dtype in ("F16", "F32") or (dtype == "BF16" and self.vendor != "nvidia")
        return self.compute_capability is None or self.compute_capability >= needed


class Host(msgspec.Struct, frozen=True):
    """The computer around the card; RAM and swap in bytes. `disk`: what the models lie on, if known.

    `swap`: None where it is not known.
    """

    os: Os
    ram_total: int
    ram_free: int
    swap: int | None = None
    disk: Disk = ""


class Policy(msgspec.Struct, frozen=True):
    """How ComfyUI is set up: its version, torch's, its flags, and whether dynamic VRAM is on."""

    comfy: str
    dynamic_vram: bool
    flags: tuple[str, ...] = ()

    def has(self, flag: str) -> bool:
        """Whether a flag is given."""
        return flag in self.flags

    def value(self, flag: str) -> float | None:
        """The number that follows a flag, or None where the flag is absent or has none."""
        if flag not in self.flags:
            return None
        after = self.flags[self.flags.index(flag) + 1 :]
        return float(after[0]) if after and re.fullmatch(r"[\d.]+", after[0]) else None


class Machine(msgspec.Struct, frozen=True):
    """Device, host and policy: all that a forecast needs besides the workflow."""

    device: Device
    host: Host
    policy: Policy
