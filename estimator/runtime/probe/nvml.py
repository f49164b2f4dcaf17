"""NVIDIA cards by NVML (`nvidia-ml-py`, imported as `pynvml`)."""

from __future__ import annotations

from typing import Any

from .asking import told, within
from .processes import name_of
from .readings import Card, Process

UNKNOWN = (1 << 64) - 1  # NVML_VALUE_NOT_AVAILABLE, which old bindings pass on as it is


def cards(system: str) -> tuple[Card, ...]:
    """Every NVIDIA card, in the order of their PCI buses; none without the library or a driver."""
    return within(lambda: listed(system), ())


def listed(system: str) -> tuple[Card, ...]:
    """The same, in the time that NVML takes. Raises whatever the library raises."""
    import pynvml

    pynvml.nvmlInit()
    try:
        found = (card(pynvml, index, system) for index in range(pynvml.nvmlDeviceGetCount()))
        return tuple(one for one in found if one)
    finally:
        told(pynvml.nvmlShutdown)


def card(nvml: Any, index: int, system: str) -> Card | None:
    """One card; None where not even its name is told (it fell off the bus).

    A card whose memory is RAM (GB10) has no memory information of its own.
    """
    handle = told(nvml.nvmlDeviceGetHandleByIndex, index)
    name = told(nvml.nvmlDeviceGetName, handle)
    if handle is None or not name:
        return None
    memory = told(nvml.nvmlDeviceGetMemoryInfo, handle)
    capability = told(lambda: nvml.nvmlDeviceGetCudaComputeCapability(handle))
    return Card(
        name=text(name),
        vendor="nvidia",
        total=int(memory.total) if memory else 0,
        free=int(memory.free) if memory else None,
        index=index,
        uuid=text(told(lambda: nvml.nvmlDeviceGetUUID(handle)) or ""),
        compute_capability=float("{}.{}".format(*capability)) if capability else None,
        # An idle card's link runs slower than it can, but as wide: the most it can, at the width it has.
        pcie_gen=told(lambda: nvml.nvmlDeviceGetMaxPcieLinkGeneration(handle)) or None,
        pcie_lanes=told(lambda: nvml.nvmlDeviceGetCurrPcieLinkWidth(handle)) or None,
        processes=processes(nvml, handle, system),
        told_by="NVML",
    )


def processes(nvml: Any, handle: Any, system: str) -> tuple[Process, ...] | None:
    """Who holds memory on a card; None in WSL, where no process is listed, and where NVML refuses.

    Under Windows' display driver model (WDDM) the names are known and the bytes are not.
    """
    lists = [
        told(lambda: nvml.nvmlDeviceGetComputeRunningProcesses(handle)),
        told(lambda: nvml.nvmlDeviceGetGraphicsRunningProcesses(handle)),
    ]
    if system == "wsl" or lists == [None, None]:
        return None
    held: dict[int, int | None] = {}
    for one in (process for listing in lists for process in listing or ()):
        size = one.usedGpuMemory
        known = None if size is None or size == UNKNOWN else int(size)
        held[int(one.pid)] = known if held.get(int(one.pid)) is None else held[int(one.pid)]
    return tuple(Process(pid, name_of(pid, path(nvml, pid)), size) for pid, size in held.items())


def path(nvml: Any, pid: int) -> str:
    """The path of a process as NVML has it, for those that the system hides."""
    return text(told(lambda: nvml.nvmlSystemGetProcessName(pid)) or "")


def text(value: str | bytes) -> str:
    """A name; old bindings give bytes."""
    return value if isinstance(value, str) else value.decode("utf-8", "replace")
