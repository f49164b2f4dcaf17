"""A kernel's files, tools and libraries as a probe would find them, made for one test."""

import stat
from pathlib import Path
from types import SimpleNamespace

MIB = 1 << 20


class Refused(Exception):
    """What NVML raises for what it does not tell."""


def refuse(*arguments):
    raise Refused


class Nvml(SimpleNamespace):
    """A stand-in for the `pynvml` module; a card is a dict, and what it leaves out is refused."""

    def __init__(self, cards, processes=(), **calls):
        def of(key):
            return lambda handle: cards[handle][key] if key in cards[handle] else refuse()

        working = {
            "nvmlInit": lambda: None,
            "nvmlShutdown": lambda: None,
            "nvmlDeviceGetCount": lambda: len(cards),
            "nvmlDeviceGetHandleByIndex": lambda index: index,
            "nvmlDeviceGetName": of("name"),
            "nvmlDeviceGetUUID": of("uuid"),
            "nvmlDeviceGetMemoryInfo": of("memory"),
            "nvmlDeviceGetCudaComputeCapability": of("capability"),
            "nvmlDeviceGetMaxPcieLinkGeneration": of("gen"),
            "nvmlDeviceGetCurrPcieLinkWidth": of("lanes"),
            "nvmlDeviceGetComputeRunningProcesses": of("compute"),
            "nvmlDeviceGetGraphicsRunningProcesses": of("graphics"),
            "nvmlSystemGetProcessName": lambda pid: dict(processes).get(pid) or refuse(),
        }
        super().__init__(**(working | calls))


def memory(total, free):
    return SimpleNamespace(total=total * MIB, free=free * MIB, used=(total - free) * MIB)


def using(pid, size):
    return SimpleNamespace(pid=pid, usedGpuMemory=size)


def tool(folder: Path, name: str, script: str) -> None:
    """A program of this name, that a shell runs."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def printing(text: str) -> str:
    """A script that prints a text as it is."""
    return f"cat <<'TEXT'\n{text}\nTEXT"


def write(root: Path, files: dict[str, str]) -> Path:
    """Files below a root, with the folders they need."""
    for place, text in files.items():
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).write_text(text, encoding="utf-8")
    return root


def pci_card(root: Path, number: int, address: str, files: dict[str, str]) -> None:
    """A card of the kernel's, whose folder is a link to its device on the bus, as it really is."""
    device = root / "sys/devices/pci0000:00" / address
    write(device, files)
    folder = root / f"sys/class/drm/card{number}"
    folder.mkdir(parents=True)
    (folder / "device").symlink_to(device)


def open_card(root: Path, pid: int, number: int, description: str) -> None:
    """A process that holds a card open, as `/proc` describes it."""
    write(root, {f"proc/{pid}/fdinfo/{number}": description})
    (root / f"proc/{pid}/fd").mkdir(exist_ok=True)
    (root / f"proc/{pid}/fd/{number}").symlink_to("/dev/dri/renderD128")
