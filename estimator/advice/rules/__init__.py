"""The rules by their codes: a new one is a module here and its name in this tuple."""

from __future__ import annotations

from types import ModuleType

from . import (
    async_offload,
    block_swap,
    cache_flags,
    close_programs,
    cpu_vae,
    drop_flags,
    drop_unused,
    encoder_cpu,
    fp8_weights,
    narrow_encoders,
    newer_versions,
    no_compile,
    reserve_vram,
    swap_file,
    tiled_decode,
)

RULES: tuple[ModuleType, ...] = (
    encoder_cpu,
    drop_unused,
    no_compile,
    block_swap,
    fp8_weights,
    tiled_decode,
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
