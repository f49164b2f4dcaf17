"""LoRA: what merging one into a weight costs, as ComfyUI does it when it loads a patched model.

The shape's height and width are the weight's outputs and inputs, its text is the LoRA's rank.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from ..costs.law import Shape
from ..errors import InputError
from .checkout import comfy
from .grid import Row
from .models import Header


def build(row: Row, header: Header, storage: torch.dtype, compute: torch.dtype, device: str) -> Any:
    """The type of the weight. Raises `InputError` where ComfyUI would merge in another than `compute`."""
    if not hasattr(comfy("model_management"), "lora_compute_dtype"):
        raise InputError("this ComfyUI merges LoRAs in another way than the one that is traced")
    used = comfy("model_management").lora_compute_dtype(torch.device(device))
    if used != compute:
        raise InputError(f"ComfyUI merges in {used}, not in {compute}")
    return storage


def merge(model: Any, row: Row, header: Header, shape: Shape, device: str) -> Callable[[], Any]:
    """Weight and LoRA brought from RAM, one added to the other, and rounded to the weight's type.

    The rounding is a plain cast here; that to fp8 takes random numbers, but less memory than the sum did.
    """
    weight = torch.empty(shape.height, shape.width, dtype=model, device="cpu")
    up = torch.empty(shape.height, shape.text_tokens, dtype=torch.float16, device="cpu")
    down = torch.empty(shape.text_tokens, shape.width, dtype=torch.float16, device="cpu")
    management, card = comfy("model_management"), torch.device(device)
    lora = comfy("weight_adapter").LoRAAdapter(set(), (up, down, 1.0, None, None, None))
    patches = [(1.0, lora, 1.0, None, None)]

    def call() -> Any:
        held = management.cast_to_device(weight, card, management.lora_compute_dtype(card), copy=True)
        return comfy("lora").calculate_weight(patches, held, "weight").to(model)

    return call
