"""This machine, by its own drivers; each that is missing, hangs or fails leaves the next one to answer."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from ..machine import Disk, Os
from . import amd, apple, intel, memory, nvidia_smi, nvml, windows
from .asking import told
from .readings import Card

ROOT = Path("/")


class Here:
    """A `Probe` that asks this machine."""

    def system(self) -> Os:
        """The operating system, as ComfyUI tells them apart."""
        if os.name == "nt":
            return "windows"
        if platform.system() == "Darwin":
            return "macos"
        return "wsl" if "microsoft" in platform.release().lower() else "linux"

    def cards(self) -> tuple[Card, ...]:
        """NVIDIA's cards, then those of the other makers as this system tells of them."""
        system = self.system()
        if system == "macos":
            return told(apple.cards, self.ram()[1]) or ()
        nvidia = self.cards_of("nvidia")
        if system == "windows":
            return (*nvidia, *(told(windows.cards) or ()))
        return (*nvidia, *(told(amd.cards, ROOT) or ()), *(told(intel.cards, ROOT) or ()))

    def cards_of(self, vendor: str) -> tuple[Card, ...]:
        """One maker's cards, of those whose drivers tell who holds their memory; no other driver is asked."""
        system = self.system()
        if vendor == "nvidia":
            return told(nvml.cards, system) or told(nvidia_smi.cards, system) or ()
        return (told(amd.cards, ROOT) or ()) if vendor == "amd" and system in ("linux", "wsl") else ()

    def ram(self) -> tuple[int, int]:
        """Total and available RAM, bytes."""
        return memory.ram()

    def swap(self) -> int:
        """What the system can move out of RAM, bytes."""
        return told(memory.swap, ROOT) or 0

    def disk(self, path: Path | None) -> Disk:
        """What kind of disk a folder lies on; empty where it is not known, or there is no folder."""
        found: Disk = (path and told(memory.disk, ROOT, path, self.system())) or ""
        return found

    def variable(self, name: str) -> str:
        """An environment variable of this process: ComfyUI may have been started with others."""
        return os.environ.get(name, "")
