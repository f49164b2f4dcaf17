"""What an expression that comes with a workflow can call: numbers only, none of which grows without bound."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any


def total(*given: Any) -> Any:
    """The sum of numbers, or of one list of them."""
    return sum(given[0] if len(given) == 1 and isinstance(given[0], list) else given)


def power(base: float, exponent: float) -> float:
    """A power; raises `ValueError` for an exponent that ComfyUI refuses."""
    if abs(exponent) > LARGEST_EXPONENT:
        raise ValueError("the exponent is too large")
    return float(base**exponent) if isinstance(exponent, float) else base**exponent


LARGEST_EXPONENT = 4000  # comfy_extras/nodes_math.py:15

# What an expression that comes with a workflow can call (comfy_extras/nodes_math.py:42-61).
ARITHMETIC: dict[str, Callable[..., Any]] = {
    "sum": total,
    "pow": power,
    **{"abs": abs, "float": float, "int": int, "max": max, "min": min, "round": round},
    **{"ceil": math.ceil, "floor": math.floor, "sqrt": math.sqrt},
    **{"log": math.log, "log2": math.log2, "log10": math.log10},
    **{"sin": math.sin, "cos": math.cos, "tan": math.tan},
}
