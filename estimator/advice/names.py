"""What the names of model files say."""

from __future__ import annotations

import re
from typing import Any

from .. import facts


def plain(name: str) -> str:
    """A file's name without its case and marks."""
    return re.sub("[^a-z0-9]", "", name.lower())


def tells(name: str) -> bool:
    """Whether a file's name says that it is distilled."""
    return any(word in plain(name) for word in facts.table("distilled")["words"]["distilled"])


def holds(name: str, row: dict[str, Any]) -> bool:
    """Whether a file's name holds all words that a row `has`, and none that it `lacks`."""
    words = plain(name)
    return all(one in words for one in row["has"]) and not any(one in words for one in row.get("lacks", ()))
