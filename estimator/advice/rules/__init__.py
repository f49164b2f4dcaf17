"""The rules by their codes: a new one is a module here and its name in this tuple."""

from __future__ import annotations

from types import ModuleType

from . import (
    checkpointed_training,
    context_windows,
    fewer_frames,
    fp8_weights,
    smaller_batch,
    smaller_references,
    smaller_size,
    smaller_upscale,
    tiled_decode,
    tiled_encode,
)

RULES: tuple[ModuleType, ...] = (
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
)
