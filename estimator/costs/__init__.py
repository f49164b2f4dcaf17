"""What a pass costs: activation memory and FLOPs by laws traced from ComfyUI's own classes."""

from __future__ import annotations

from . import corrected
from .attention import Unfused
from .law import Law, Shape
from .lookup import Cost, cost, law_name

__all__ = ["Cost", "Law", "Shape", "Unfused", "corrected", "cost", "law_name"]
