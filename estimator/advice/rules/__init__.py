"""The rules by their codes: a new one is a module here and its name in this tuple."""

from __future__ import annotations

from types import ModuleType

from . import (
    distilled,
    fp8_weights,
    lighter_encoder,
    lighter_model,
    native_for_gguf,
    split_checkpoint,
    tiled_decode,
    vae_type,
)

RULES: tuple[ModuleType, ...] = (
    native_for_gguf,
    lighter_model,
    lighter_encoder,
    fp8_weights,
    split_checkpoint,
    vae_type,
    distilled,
    tiled_decode,
)
