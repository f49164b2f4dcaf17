"""What would help: each rule's changes are forecast on a copy of the graph before they are offered."""

from __future__ import annotations

from .case import Case
from .change import Change, Download
from .search import suggest
from .suggestion import Checked, Suggestion

__all__ = ["Case", "Change", "Checked", "Download", "Suggestion", "suggest"]
