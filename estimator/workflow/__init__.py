"""Workflows: read, flattened, and lowered to the steps that the card will take."""

from __future__ import annotations

from .definitions import Definitions, from_server, using
from .graph import Graph
from .lower import lower
from .read import read
from .values import Loaded, Step, Workload

__all__ = [
    "Definitions",
    "Graph",
    "Loaded",
    "Step",
    "Workload",
    "from_server",
    "lower",
    "read",
    "using",
]
