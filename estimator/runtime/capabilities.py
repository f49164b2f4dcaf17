"""What a card computes in and how much weights may take of it, as ComfyUI judges it.

The functions keep the names of comfy/model_management.py's own (0.33.0: lines 847-860, 1103, 1834-1999).
"""

from __future__ import annotations

from typing import Any

from .. import facts
from ..units import GIB, MIB
from .machine import Device, Machine
from .policy import constants, has_torch, rocm, version


def rules() -> dict[str, Any]:
    """The table of capabilities."""
    return facts.table("capabilities")


def capability(device: Device) -> float:
    """An NVIDIA card's compute capability; that of its architecture where its own is not known."""
    if device.compute_capability is not None:
        return device.compute_capability
    known = rules()["assumed"]
    assumed: float = known["by_architecture"].get(device.architecture, known["capability"])
    return assumed


def gfx(device: Device) -> str:
    """What an AMD card calls itself (`gfx1100`), or the first of its architecture; empty for others."""
    assumed: dict[str, str] = rules()["assumed"]["gfx"]
    return device.gfx or assumed.get(device.architecture, "")


def should_use_fp16(
    machine: Machine, parameters: float = 0, performance: bool = True, manual_cast: bool = False
) -> bool:
    """Whether ComfyUI computes in F16 here; `parameters` of the model, where weights would be cast."""
    if machine.policy.has("--force-fp16"):
        return True
    if machine.policy.has("--force-fp32"):
        return False
    backend = machine.backend
    return (
        _cuda_fp16(machine, parameters, performance, manual_cast) if backend == "cuda" else backend != "cpu"
    )


def _cuda_fp16(machine: Machine, parameters: float, performance: bool, manual_cast: bool) -> bool:
    rule, device = rules()["nvidia"], machine.device
    level = capability(device)
    whole: float = rule["whole"]
    if level >= whole or level < rule["fp16_least"]:
        return level >= whole
    if any(word in device.name.lower() for word in rule["pascal"]):
        return machine.host.os == "windows" or manual_cast
    if manual_cast and (not performance or too_wide(machine, parameters)):
        return True
    least: float = rule["fp16"]
    return level >= least and not any(word in device.name for word in rule["broken"])


def should_use_bf16(machine: Machine, parameters: float = 0, manual_cast: bool = False) -> bool:
    """Whether ComfyUI computes in BF16 here; macOS is taken for version 14 or newer."""
    backend = machine.backend
    if machine.policy.has("--force-fp32") or backend in ("directml", "cpu"):
        return False
    if backend == "rocm":
        without = constants(machine.policy.comfy)["amd_without_bf16"]
        return manual_cast or gfx(machine.device) not in without
    if backend != "cuda" or capability(machine.device) >= rules()["nvidia"]["whole"]:
        return True
    return manual_cast and too_wide(machine, parameters)


def too_wide(machine: Machine, parameters: float) -> bool:
    """Whether a model of 32 bits would not fit, so that 16 bits are taken where they are slow."""
    factor: int = rules()["nvidia"]["wide_factor"]
    return parameters * factor > maximum_vram_for_weights(machine)


def supports_fp8_compute(machine: Machine) -> bool:
    """Whether the card multiplies in 8-bit floating point."""
    if machine.policy.has("--supports-fp8-compute"):
        return True
    policy, device = machine.policy, machine.device
    if machine.backend == "rocm":
        row, known = rules()["rocm"], constants(policy.comfy)["amd_fp8"]
        new = rocm(policy.torch) >= version(row["fp8"]) and has_torch(policy, row["fp8_torch"])
        return new and gfx(device) in known
    rule = rules()["nvidia"]
    first, always = rule["fp8"]
    if machine.backend != "cuda" or capability(device) < first:
        return False
    needed = rule["fp8_torch"].get(machine.host.os, rule["fp8_torch"]["default"])
    return capability(device) >= always or has_torch(policy, needed)


def prioritize_fp16(machine: Machine) -> bool:
    """Whether F16 goes before other types: where `--fast` turns accumulation in F16 on."""
    asked = machine.policy.fast("fp16_accumulation") and machine.backend in ("cuda", "rocm")
    return asked and has_torch(machine.policy, rules()["torch"]["fp16_accumulation"])


def maximum_vram_for_weights(machine: Machine) -> float:
    """Bytes that ComfyUI lets weights take, where it chooses their type by their size."""
    rule = facts.table("managers/constants")["legacy"]
    share, least = float(rule["weights_share_of_total"]), float(rule["minimum_inference_gib"])
    return machine.total * share - (GIB * least + extra_reserved(machine))


def extra_reserved(machine: Machine) -> int:
    """Bytes that ComfyUI always leaves free: by system and card size, or `--reserve-vram`."""
    given = machine.policy.value("--reserve-vram")
    if given is not None:
        return int(given * GIB)
    rule = facts.table("managers/constants")["legacy"]
    large = machine.total > rule["windows_large_total_mib"] * MIB
    kind = ("windows_large" if large else "windows") if machine.host.os == "windows" else "default"
    return int(rule["extra_reserved_mib"][kind] * MIB)


def minimum_inference(machine: Machine) -> int:
    """Bytes that ComfyUI reserves for any inference."""
    rule = facts.table("managers/constants")["legacy"]
    return int(rule["minimum_inference_gib"] * GIB) + extra_reserved(machine)
