"""The machine and ComfyUI's memory managers on it."""

from __future__ import annotations

from collections.abc import Iterable

from . import gguf
from .dynamic import DynamicManager
from .legacy import LegacyManager
from .machine import Device, Host, Machine, Policy
from .mixed import MixedManager
from .placement import Ask, Manager, Placement
from .weights import Held, Layer, hold

__all__ = [
    "Ask",
    "Device",
    "DynamicManager",
    "Held",
    "Host",
    "Layer",
    "LegacyManager",
    "Machine",
    "Manager",
    "MixedManager",
    "Placement",
    "Policy",
    "gguf",
    "hold",
    "manager",
]


def manager(machine: Machine, models: Iterable[Held] = ()) -> Manager:
    """The memory manager that this machine's ComfyUI uses for a prompt that loads `models`."""
    if not machine.policy.dynamic_vram:
        return LegacyManager(machine)
    return MixedManager(machine) if any(held.legacy for held in models) else DynamicManager(machine)
