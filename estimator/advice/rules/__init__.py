"""The rules by their codes: a new one is a module here and its name in this tuple."""

from __future__ import annotations

from types import ModuleType

from . import (
    checkpointed_training,
    context_windows,
    distilled,
    fewer_frames,
    fp8_weights,
    lighter_encoder,
    lighter_model,
    merged_loras,
    native_for_gguf,
    smaller_batch,
    smaller_references,
    smaller_size,
    smaller_upscale,
    split_checkpoint,
    tiled_decode,
    tiled_encode,
    vae_type,
)

RULES: tuple[ModuleType, ...] = (
    native_for_gguf,
    lighter_model,
    lighter_encoder,
    fp8_weights,
    split_checkpoint,
    vae_type,
    merged_loras,
    tiled_decode,
    tiled_encode,
    distilled,
    checkpointed_training,
    smaller_batch,
    context_windows,
    fewer_frames,
    smaller_references,
    smaller_upscale,
    smaller_size,
)
