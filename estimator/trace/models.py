"""ComfyUI's own models from a header's shapes: fake tensors, no weights, no memory.

Everything here runs inside `device.pretended`.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import torch

from ..errors import InputError
from .checkout import comfy

DTYPES = {
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2,
    "I64": torch.int64,
    "I32": torch.int32,
    "U8": torch.uint8,
    "I8": torch.int8,
    "BOOL": torch.bool,
}

# The tensors of a header as data/headers keeps it: name -> (safetensors dtype, shape).
Header = Mapping[str, Any]


def state_dict(header: Header, device: str, prefix: str = "") -> dict[str, Any]:
    """The header's tensors whose names start with `prefix`, under the rest of their names."""
    return {
        name[len(prefix) :]: torch.empty(shape, dtype=DTYPES[dtype], device=device)
        for name, (dtype, shape) in header.items()
        if name.startswith(prefix)
    }


def sampler(header: Header, storage: torch.dtype, compute: torch.dtype, device: str) -> Any:
    """ComfyUI's `BaseModel` for a diffusion model's or a checkpoint's header, detected by ComfyUI itself.

    Raises `InputError` where it detects none.
    """
    detection = comfy("model_detection")
    prefix = detection.unet_prefix_from_state_dict(dict.fromkeys(header))
    tensors = state_dict(header, device, prefix) or state_dict(header, device)
    config = detection.model_config_from_unet(tensors, "")
    if config is None:
        raise InputError("ComfyUI detects no diffusion model in this header")
    config.set_inference_dtype(storage, compute if compute != storage else None)
    return config.get_model(tensors, "", device=device)


def vae(header: Header, storage: torch.dtype, device: str) -> Any:
    """The `first_stage_model` that ComfyUI's `VAE` chooses for a header; raises `InputError` where none."""
    found = comfy("sd").VAE(sd=state_dict(header, "cpu"), device=torch.device("cpu"), dtype=storage)
    if found.first_stage_model is None:
        raise InputError("ComfyUI detects no VAE in this header")
    return found.first_stage_model.to(device)


def text_encoder(name: str, storage: torch.dtype, device: str) -> Any:
    """ComfyUI's `SDClipModel` called `name` ("comfy.sdxl_clip:SDXLClipG"), weights held as `storage`."""
    module, kind = name.split(":")
    return getattr(importlib.import_module(module), kind)(device=device, dtype=storage)


def largest_cast(module: Any, compute: torch.dtype) -> int:
    """Bytes, in the compute dtype, of the largest weight that is cast for each use; 0 where none is."""
    sizes = [
        part.weight.numel() * compute.itemsize
        for part in module.modules()
        if getattr(part, "comfy_cast_weights", False) and part.weight is not None
        if part.weight.dtype != compute and not _looked_up(part)
    ]
    return max(sizes, default=0)


def _looked_up(part: Any) -> bool:
    """Whether it is an embedding in 16 bits: its rows are looked up as they are, and cast after."""
    return isinstance(part, torch.nn.Embedding) and part.weight.itemsize == 2
