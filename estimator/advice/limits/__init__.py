"""How large, how long and how many: the most of each that a workflow can ask of a machine."""

from __future__ import annotations

from .answer import Limit, Limits, Quantity, limits
from .made import Made
from .setting import NAMES

__all__ = ["NAMES", "Limit", "Limits", "Made", "Quantity", "limits"]
