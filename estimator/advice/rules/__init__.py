"""The rules by their codes: a new one is a module here and its name in this tuple."""

from __future__ import annotations

from types import ModuleType

from . import (
    async_offload,
    block_swap,
    cache_flags,
    checkpointed_training,
    close_programs,
    context_windows,
    cpu_vae,
    drop_flags,
    drop_unused,
    encoder_cpu,
    fewer_frames,
    fp8_weights,
    narrow_encoders,
    newer_versions,
    no_compile,
    reserve_vram,
    smaller_batch,
    smaller_references,
    smaller_size,
    smaller_upscale,
    swap_file,
    tiled_decode,
    tiled_encode,
)

RULES: tuple[ModuleType, ...] = (
    encoder_cpu,
    drop_unused,
    no_compile,
    block_swap,
    fp8_weights,
    tiled_decode,
    tiled_encode,
    checkpointed_training,
    smaller_batch,
    context_windows,
    fewer_frames,
    smaller_references,
    smaller_upscale,
    smaller_size,
    close_programs,
    drop_flags,
    reserve_vram,
    async_offload,
    cache_flags,
    narrow_encoders,
    newer_versions,
    swap_file,
    cpu_vae,
)
