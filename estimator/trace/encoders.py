"""Text encoders: one call of `encode` of ComfyUI's `SDClipModel` kin."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import torch

from ..costs.law import Shape
from .grid import Row
from .models import Header


def build(row: Row, header: Header, storage: torch.dtype, compute: torch.dtype, device: str) -> Any:
    """The class that the row names ("comfy.sdxl_clip:SDXLClipG"), weights held as `storage`."""
    module, kind = row.encoder.split(":")
    return getattr(importlib.import_module(module), kind)(device=device, dtype=storage)


def encode_text(model: Any, row: Row, header: Header, shape: Shape, device: str) -> Callable[[], Any]:
    """`encode` of `batch` prompts (or parts of one) of `text_tokens` ids each."""
    tokens = [[1000] * shape.text_tokens for _ in range(shape.batch)]
    return lambda: model.encode(tokens)
