"""The machine that a forecast is for: the card, the computer around it, and how ComfyUI is set up."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Literal

import msgspec

from ..costs.corrections import Correction, Pace, kin
from ..units import GIB, Estimate

Os = Literal["linux", "windows", "wsl", "macos"]
Disk = Literal["", "nvme", "ssd", "hdd"]
Backend = Literal["cuda", "rocm", "xpu", "mps", "directml", "cpu"]
VramState = Literal["disabled", "no", "low", "normal", "high", "shared"]

BACKENDS: dict[str, Backend] = {"nvidia": "cuda", "amd": "rocm", "intel": "xpu"}


class Holder(msgspec.Struct, frozen=True):
    """A program that holds memory on the card; `bytes` is None where the driver does not tell how much."""

    name: str
    bytes: int | None = None


class Device(msgspec.Struct, frozen=True):
    """A card. Sizes in bytes; `free` is what is free before ComfyUI loads a model.

    `taken`: what is held before any model is loaded (CUDA context, other programs), with its band.
    `unified`: its memory is the computer's RAM. `gfx`: AMD's name of its instruction set. `holders`: who
    holds memory on it now, the largest first; None where that is not known. `tflops`: 1e12 operations a
    second in 16 bits, dense, adding up in 32; `tflops_narrow`: adding up in 16.
    """

    name: str
    vendor: str
    total: int
    free: int
    taken: Estimate
    compute_capability: float | None = None
    tflops: float | None = None
    tflops_narrow: float | None = None
    pcie_gbs: float | None = None
    bandwidth_gbs: float | None = None
    architecture: str = ""
    unified: bool = False
    gfx: str = ""
    holders: tuple[Holder, ...] | None = None


class Host(msgspec.Struct, frozen=True):
    """The computer around the card; RAM and swap in bytes. `disk`: what the models lie on, if known.

    `swap`: None where it is not known.
    """

    os: Os
    ram_total: int
    ram_free: int
    swap: int | None = None
    disk: Disk = ""


class Policy(msgspec.Struct, frozen=True, dict=True):
    """How ComfyUI is set up: its version, torch's, its flags, and whether dynamic VRAM is on.

    `torch`: as pip has it, with what it was built for where that is known (`2.9.1+cu130`, `2.8.0+rocm7.0`).
    """

    comfy: str
    dynamic_vram: bool
    flags: tuple[str, ...] = ()
    torch: str = ""

    def has(self, flag: str) -> bool:
        """Whether a flag is given."""
        return flag in self.given

    @cached_property
    def given(self) -> frozenset[str]:
        """The flags without what follows them."""
        return frozenset(flag.partition("=")[0] for flag in self.flags)

    def words(self, flag: str) -> tuple[str, ...]:
        """What follows a flag, up to the next one; empty where it is absent or stands alone."""
        for index, given in enumerate(self.flags):
            if given.startswith(f"{flag}="):
                return (given.partition("=")[2],)
            if given == flag:
                rest = self.flags[index + 1 :]
                end = next((at for at, word in enumerate(rest) if word.startswith("--")), len(rest))
                return rest[:end]
        return ()

    def value(self, flag: str) -> float | None:
        """The number that follows a flag, or None where the flag is absent or has none."""
        word = next(iter(self.words(flag)), "")
        return float(word) if re.fullmatch(r"\d+\.?\d*|\.\d+", word) else None

    def fast(self, word: str) -> bool:
        """Whether `--fast` turns a feature on: it is named, or none is."""
        return self.has("--fast") and (word in self.words("--fast") or not self.words("--fast"))


class Machine(msgspec.Struct, frozen=True, dict=True):
    """Device, host and policy: all that a forecast needs besides the workflow.

    `corrections`: what was learned on this machine; a forecast for another has none.
    """

    device: Device
    host: Host
    policy: Policy
    corrections: tuple[Correction, ...] = ()

    @cached_property
    def learned(self) -> dict[str, Correction]:
        """The corrections by the names of their laws."""
        return {one.law: one for one in self.corrections}

    @cached_property
    def paces(self) -> dict[str, Pace]:
        """The paces of the models that ran here, by what their laws share with weights held in other ways."""
        known = sorted(self.corrections, key=lambda one: one.points)
        return {kin(one.law): one.seconds for one in known if one.seconds}

    @cached_property
    def backend(self) -> Backend:
        """What torch runs models on: the card's own kind, or what a flag asks for instead."""
        if self.policy.has("--directml"):
            return "directml"
        if self.device.vendor == "apple":
            return "cpu" if self.policy.has("--cpu") else "mps"
        if self.policy.has("--cpu") or self.device.vendor == "cpu":
            return "cpu"
        return BACKENDS.get(self.device.vendor, "cuda")

    @cached_property
    def vram_state(self) -> VramState:
        """ComfyUI's state of the VRAM (comfy/model_management.py:557-581): by flags and kind of device."""
        policy, backend = self.policy, self.backend
        if backend in ("cpu", "mps"):
            return "disabled" if backend == "cpu" else "shared"
        if policy.has("--lowvram"):
            return "low"
        if policy.has("--novram"):
            return "normal" if backend == "directml" else "no"
        return "high" if policy.has("--highvram") or policy.has("--gpu-only") else "normal"

    @cached_property
    def partial(self) -> bool:
        """Whether the legacy loader may load a model in part: DirectML cannot say what is free."""
        allowed = self.backend != "directml" or self.policy.has("--lowvram")
        return allowed and self.vram_state in ("low", "normal", "no")

    @cached_property
    def stated(self) -> int | None:
        """Bytes that ComfyUI takes for total and free alike, always, where its backend cannot say.

        DirectML: comfy/model_management.py:324-326, 1757-1759 of 0.33.0.
        """
        return GIB if self.backend == "directml" else None

    @cached_property
    def total(self) -> int:
        """Bytes that ComfyUI takes for the device's memory, all in all."""
        if self.backend in ("cpu", "mps"):
            return self.host.ram_total
        return self.device.total if self.stated is None else self.stated
