"""The machine and ComfyUI's memory managers on it."""

from __future__ import annotations

from .dynamic import DynamicManager
from .legacy import LegacyManager
from .machine import Device, Host, Machine, Policy
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
    "Placement",
    "Policy",
    "hold",
    "manager",
]


def manager(machine: Machine) -> Manager:
    """The memory manager that this machine's ComfyUI uses."""
    return DynamicManager(machine) if machine.policy.dynamic_vram else LegacyManager(machine)
