"""How fast a card multiplies matrices in each element type, and in which type a model's are multiplied."""

from __future__ import annotations

from typing import Any

from .. import facts
from ..models import Component
from .machine import Device, Machine

TABLE = "managers/speed"
# The newest architecture of NVIDIA's whose cards all lack matrix units, as some later ones do.
PLAIN = "Pascal"


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


def listed(row: dict[str, Any]) -> tuple[float | None, float | None]:
    """The 16-bit rates of a card's row, adding up in 32 bits and in 16; None where not known.

    A laptop's come of its cores, others' of a list. Cards without matrix units have no second one.
    """
    wide, narrow = row.get("fp16_tensor_tflops_fp32acc"), row.get("fp16_tensor_tflops_fp16acc")
    more = facts.table("managers/rates")
    if row["vendor"] != "nvidia":
        return more["rates"].get(row["id"]) or more["rates_apple"].get(row["id"]) or narrow, narrow
    if row["segment"] == "laptop" and row.get("tensor_cores"):
        rate = row["tensor_cores"] * more["laptop"]["operations"] * more["laptop"]["ghz"] / 1000
        return rate, 2 * rate
    kept = more["sustained"].get(row["id"], 1.0)
    return kept * wide if wide else row.get("fp32_tflops"), kept * narrow if narrow else None


def kernel(device: Device) -> dict[str, Any]:
    """The row of shares that holds for a card."""
    table = facts.table(TABLE)
    if device.vendor != "nvidia" or device.compute_capability is None:
        other: dict[str, Any] = table["other_kernels"]
        return other
    rows: list[dict[str, Any]] = table["kernel"]
    if not device.tflops_narrow:
        return rows[0]
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
    if "full_precision" not in component.kept:
        markers = (tensor for tensor in component.tensors if tensor.name.endswith("scaled_fp8"))
        component.kept["full_precision"] = any(tensor.parameters == 2 for tensor in markers)
    found: bool = component.kept["full_precision"]
    return found


def reached(device: Device) -> dict[str, float]:
    """The share of its rate that a card reaches in the passes of a diffusion model, with its band."""
    rows = facts.table(TABLE)["reached"]
    plain = device.vendor == "nvidia" and not device.tflops_narrow
    name = PLAIN if plain else device.architecture
    same = [row["share"] for row in rows if name in row["architectures"]]
    share: dict[str, float] = same[0] if same else rows[-1]["share"]
    return share
