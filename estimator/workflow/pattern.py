"""Regular expressions that come with a workflow: tried only where that takes little time whatever the text.

A pattern may repeat one single thing; repeated groups and several repetitions can take time without end.
"""

from __future__ import annotations

import re
import warnings
from functools import cache

from ..errors import InputError
from .ui import limit

LONGEST = 200  # characters of a pattern, and of a text that it is tried on


class Patterns:
    """The patterns of one workflow, and how often they were tried."""

    def __init__(self) -> None:
        """None was tried."""
        self.tried: dict[tuple[str, str], bool] = {}

    def found(self, pattern: str, text: str) -> bool:
        """Whether a pattern is found in a text; an unsound one is in every text, one too costly in none.

        Raises `InputError` where a workflow asks this too often.
        """
        key = pattern, text[:LONGEST]
        if key not in self.tried:
            if len(self.tried) >= limit("patterns"):
                raise InputError(f"its regular expressions ask more than {limit('patterns')} questions")
            self.tried[key] = tried(*key)
        return self.tried[key]


def tried(pattern: str, text: str) -> bool:
    """Whether a pattern is found in a text."""
    if costly(pattern):
        return False
    known = compiled(pattern)
    return known is None or bool(known.search(text))


@cache
def compiled(pattern: str) -> re.Pattern[str] | None:
    """A pattern ready for use; None for one that is unsound."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of notations that a later Python may read otherwise
            return re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return None


def costly(pattern: str) -> bool:
    """Whether a pattern repeats a group, or more than one thing."""
    plain = re.sub(r"\\.", "a", pattern)
    inner = plain.removeprefix("^").removeprefix(".*").removesuffix("$").removesuffix(".*")
    return (
        len(pattern) > LONGEST or bool(re.search(r"\)\s*[*+{]", inner)) or len(re.findall("[*+{]", inner)) > 1
    )
