"""Seconds of one pass of a step: its products, its attention, and what is done to weights before."""

from __future__ import annotations

from typing import Any

from .. import facts
from ..costs import Cost
from ..formats import packed, size
from ..runtime import Held, Machine
from ..runtime.attention import attention
from ..runtime.rates import TABLE
from ..units import ZERO, Estimate
from . import speed, training
from .price import WRITING_LAWS, Price
from .step import Placed

# Which work a law is; of a VAE, an upscale model and the like it is convolutions.
WORK = {
    "forward": "forward",
    "forward_masked": "forward",
    "encode_text": "text",
    "encode_image": "text",
    "encode_audio": "text",
    "prefill": "text",
    "write_token": "text",
}


def each(placed: Placed, price: Price, streamed: int, machine: Machine) -> Estimate | None:
    """Seconds of computing one pass while `streamed` bytes of its weights come anew.

    None where the card's rate is not known. Reading weights runs beside the products, casting them does not.
    """
    if not placed.models:
        return ZERO
    main, writes = placed.models[0], placed.step.law in WRITING_LAWS
    products = multiplying(price, main, placed.step.law, machine, writes)
    if products is None:
        return None
    if placed.step.training:
        products = training.slower(products)
    read = sum(held.bytes for held in placed.models) if placed.step.law == "write_token" else 0
    prepared = sum(preparing(held, placed, streamed) for held in placed.models)
    taken = speed.longer(products, speed.reading(machine.device, read))
    return taken + speed.reading(machine.device, prepared) + speed.overhead().times(price.runs)


def multiplying(price: Price, main: Held, law: str, machine: Machine, writes: bool) -> Estimate | None:
    """Seconds of a pass's matrix products and of its attention, which is never in 8 bits."""
    compute = writing_type() if writes else main.compute
    work, paid = work_of(law), price.cost
    among = min(paid.attention_flops, paid.flops) * price.tiles
    rest = max(0.0, paid.flops * price.tiles - among)
    narrow = rest * main.multiplied if main.multiplies else 0.0
    dense = speed.compute(machine, rest - narrow, compute, work)
    packed_ones = speed.compute(machine, narrow, main.multiplies, work) if narrow else ZERO
    attended = speed.compute(machine, among, compute, work)
    if dense is None or attended is None or packed_ones is None:
        return None
    dense = dense + packed_ones
    return dense + speed.attended(attended, way(law, machine)) if among else dense


def work_of(law: str) -> str:
    """Which work a law is; a training is a forward and what follows from it."""
    return "forward" if law.startswith("train") else WORK.get(law, "convolutions")


def way(law: str, machine: Machine) -> str:
    """How a pass's attention runs: other makers' cards reach what they do with the one that they have."""
    if work_of(law) != "forward" or machine.device.vendor != "nvidia":
        return ""
    if machine.policy.has("--use-sage-attention"):
        return "sage"
    return "fused" if attention(machine) == "fused" else "unfused"


def preparing(held: Held, placed: Placed, streamed: int) -> float:
    """Bytes that a pass reads and writes to turn a model's weights into numbers, and to add LoRAs to them."""
    rule: dict[str, Any] = facts.table(TABLE)["cast"]
    unpacked = gguf_type(held)
    share = 1.0 if unpacked else min(1.0, streamed / held.bytes) if held.bytes else 0.0
    patched: float = len(held.loras) * held.changed * rule["patched_bytes"] * share
    if unpacked:
        each_number: float = rule["unpacked_bytes"][blocks(held.storage, rule)]
        return elements(held) * each_number + patched
    if not held.cast or held.multiplies:
        return patched
    writes = placed.step.law in WRITING_LAWS
    copies: float = rule["passes_over_copy"] * (
        size(held.casts, writing_type()) if writes else held.cast_bytes
    )
    return held.bytes + copies + patched


def gguf_type(held: Held) -> bool:
    """Whether ComfyUI-GGUF turns a model's weights into numbers at every use, whose models are not pinned."""
    return packed(held.storage) or (held.storage == "BF16" and not held.pinned)


def blocks(dtype: str, rule: dict[str, Any]) -> str:
    """How a type of GGUF is unpacked: in one step, or from blocks within blocks."""
    return "simple" if dtype in rule["simple"] else "blocks"


def elements(held: Held) -> int:
    """About how many numbers a model's weights are."""
    return round(held.bytes / max(1, size(1_000_000, held.storage)) * 1_000_000)


def writing_type() -> str:
    """The type in which a text encoder writes."""
    found: str = facts.table("managers/constants")["writing"]["compute"]
    return found


def on_processor(price: Price, models: tuple[Held, ...]) -> Estimate:
    """Seconds of one pass that runs on the processor: it computes in 32 bits, whatever the weights are in."""
    paid: Cost = price.cost
    return speed.processed(paid.flops * price.tiles, sum(size(elements(held), "F32") for held in models))
