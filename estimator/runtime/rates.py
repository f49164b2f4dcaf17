"""How fast a card multiplies matrices in each element type, and in which type a model's are multiplied."""

from __future__ import annotations

from typing import Any

from .. import facts
from ..models import Component
from .machine import Device, Machine

TABLE = "managers/speed"


def tflops(device: Device, dtype: str) -> float | None:
    """The most 1e12 operations a second in this type, dense; None where the card's rate is not known.

    A type that has no row here is computed in the card's slowest.
    """
    if not device.tflops:
        return None
    row = kernel(device)
    rates = [device.tflops * row["wide"][dtype]] if dtype in row["wide"] else []
    narrow = device.tflops_narrow or device.tflops
    rates += [narrow * row["narrow"][dtype]] if dtype in row.get("narrow", {}) else []
    return max(rates) if rates else tflops(device, "F32")


def kernel(device: Device) -> dict[str, Any]:
    """The row of shares that holds for a card."""
    table = facts.table(TABLE)
    if device.vendor != "nvidia" or device.compute_capability is None:
        other: dict[str, Any] = table["other_kernels"]
        return other
    rows: list[dict[str, Any]] = table["kernel"]
    return [rows[0], *(row for row in rows if row["since"] <= device.compute_capability)][-1]


def multiplied(component: Component, storage: str, machine: Machine, widget: str = "") -> str:
    """The type that a model's matrices are multiplied in where that is not the one it computes in, or "".

    Quantised layers are where the card has a kernel for them, unless the file asks for full precision or the
    model is a text encoder; plain fp8 weights only where a widget or a flag asks for it.
    """
    rule, card = facts.table(TABLE)["multiplied"], machine.device.compute_capability or 0.0
    if machine.device.vendor != "nvidia" or component.role != "diffusion_model":
        return ""
    layout = component.quantization or ""
    if layout in rule["least"] and card < rule["least"][layout]:
        return ""
    asked = widget == rule["fast_widget"] or any(map(machine.policy.has, rule["fast_flags"]))
    plain = "F8" if storage.startswith("F8_E4M3") and asked and not layout else ""
    found: str = rule.get(layout, "") if layout and not full_precision(component) else plain
    return found if found and card >= rule["least"][found] else ""


def full_precision(component: Component) -> bool:
    """Whether the file asks for its scaled fp8 weights to be multiplied in full precision (two elements)."""
    markers = (tensor for tensor in component.tensors if tensor.name.endswith("scaled_fp8"))
    return any(tensor.parameters == 2 for tensor in markers)


def reached(device: Device) -> dict[str, float]:
    """The share of its rate that a card reaches in the passes of a diffusion model, with its band."""
    rows = facts.table(TABLE)["reached"]
    same = [row["share"] for row in rows if device.architecture in row["architectures"]]
    share: dict[str, float] = same[0] if same else rows[-1]["share"]
    return share
