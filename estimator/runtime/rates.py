"""How fast a card multiplies matrices in each element type, and in which type a model's are multiplied."""

from __future__ import annotations

from functools import cache
from typing import Any

from .. import facts
from ..formats import bits
from ..models import Component
from .machine import Device, Machine
from .policy import rocm, version

TABLE = "managers/speed"
# The newest architecture of NVIDIA's whose cards all lack matrix units, as some later ones do.
PLAIN = "Pascal"


def tflops(device: Device, dtype: str, narrow: bool = False) -> float | None:
    """The most 1e12 operations a second in this type, dense; None where the card's rate is not known.

    A type that has no row here is computed in the card's slowest. `narrow`: 16 bits add up in 16.
    """
    if not device.tflops:
        return None
    own = native(device, dtype)
    rates = [] if own is None else [own]
    rates += [device.tflops_narrow or device.tflops] if narrow and dtype == "F16" else []
    return max(rates) if rates else tflops(device, "F32")


def native(device: Device, dtype: str) -> float | None:
    """The rate of a type that the card multiplies as it is, 1e12 operations a second; None where it does not.

    Also None where the card's rate is not known.
    """
    if not device.tflops:
        return None
    row, other = kernel(device), device.tflops_narrow or device.tflops
    rates = [device.tflops * row["wide"][dtype]] if dtype in row["wide"] else []
    rates += [other * row["narrow"][dtype]] if dtype in row.get("narrow", {}) else []
    return max(rates, default=None)


def listed(row: dict[str, Any]) -> tuple[float | None, float | None]:
    """The 16-bit rates of a card's row, adding up in 32 bits and in 16; None where not known.

    A laptop's come of its cores, others' of a list. Cards without matrix units have no second one.
    """
    wide, narrow = row.get("fp16_tensor_tflops_fp32acc"), row.get("fp16_tensor_tflops_fp16acc")
    more = facts.table("managers/rates")
    if row["vendor"] != "nvidia":
        known = {**more["rates"], **more["rates_intel"], **more["rates_apple"]}
        return known.get(row["id"]) or narrow, narrow
    if row["segment"] == "laptop" and row.get("tensor_cores"):
        rate = row["tensor_cores"] * more["laptop"]["operations"] * more["laptop"]["ghz"] / 1000
        return rate, 2 * rate
    kept = more["sustained"].get(row["id"], 1.0)
    return kept * wide if wide else row.get("fp32_tflops"), kept * narrow if narrow else None


def kernel(device: Device) -> dict[str, Any]:
    """The row of shares that holds for a card."""
    capability = device.compute_capability if device.vendor == "nvidia" else None
    return kernel_of(capability, bool(device.tflops_narrow))


@cache
def kernel_of(capability: float | None, units: bool) -> dict[str, Any]:
    """The row of a compute capability, None for other makers' cards; `units`: the card has matrix units."""
    table = facts.table(TABLE)
    if capability is None:
        other: dict[str, Any] = table["other_kernels"]
        return other
    rows: list[dict[str, Any]] = table["kernel"]
    if not units:
        return rows[0]
    return [rows[0], *(row for row in rows if row["since"] <= capability)][-1]


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
    asked = widget == rule["fast_widget"] or machine.policy.fast(rule["fast_flag"])
    plain = "F8" if storage.startswith("F8_E4M3") and asked and not layout else ""
    found: str = rule.get(layout, "") if layout and not full_precision(component) else plain
    return found if found and card >= rule["least"][found] else ""


def since(row: dict[str, Any], built: tuple[int, ...]) -> bool:
    """Whether a row is of times before the ROCm that torch was built for."""
    return "rocm_before" in row and built >= version(row["rocm_before"])


def multiplied_share(component: Component) -> float:
    """The share of a model's weights that are in 8 bits or fewer, and so may be multiplied as they are."""
    if not component.quantization:  # a widget narrows them all
        return 1.0
    if "multiplied_share" not in component.kept:
        narrow = sum(one.parameters for one in component.tensors if bits().get(one.dtype, 0) <= 8)
        component.kept["multiplied_share"] = narrow / max(1, component.parameters)
    found: float = min(1.0, component.kept["multiplied_share"])
    return found


def full_precision(component: Component) -> bool:
    """Whether the file asks for its scaled fp8 weights to be multiplied in full precision (two elements)."""
    if "full_precision" not in component.kept:
        markers = (tensor for tensor in component.tensors if tensor.name.endswith("scaled_fp8"))
        component.kept["full_precision"] = any(tensor.parameters == 2 for tensor in markers)
    found: bool = component.kept["full_precision"]
    return found


def reached(machine: Machine) -> dict[str, float]:
    """The share of its rate that a card reaches in the passes of a diffusion model, with its band."""
    device = machine.device
    plain = device.vendor == "nvidia" and not device.tflops_narrow
    return share_of(PLAIN if plain else device.architecture, machine.policy.torch)


@cache
def share_of(architecture: str, torch: str) -> dict[str, float]:
    """The share that an architecture reaches with a torch; the last row's where none is of it."""
    rows = [row for row in facts.table(TABLE)["reached"] if not since(row, rocm(torch))]
    same = [row["share"] for row in rows if architecture in row["architectures"]]
    share: dict[str, float] = same[0] if same else rows[-1]["share"]
    return share
