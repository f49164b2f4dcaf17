"""The rules by their codes: a new one is a module here and its name in this tuple."""

from __future__ import annotations

from types import ModuleType

from . import fp8_weights, tiled_decode

RULES: tuple[ModuleType, ...] = (fp8_weights, tiled_decode)
