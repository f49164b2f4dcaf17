"""What formulas in rules can call on texts and numbers; none grows without bound, no pattern is searched."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from string import Formatter
from typing import Any

PLAIN = re.compile(
    r"0?\d{0,2}(\.\d{1,2})?[dfgs%]?"
)  # of a field's format: anything wider may fill the memory
LONGEST = 1 << 20  # letters of a text; one that would be longer is not known


class Unknowable(ValueError):
    """What a formula says cannot be known, and why."""


def unknowable(reason: str) -> Any:
    """No value; the reason is what is said of it."""
    raise Unknowable(reason)


def bounded(text: str) -> str:
    """A text of a sane length; raises `ValueError` for a longer one."""
    if len(text) > LONGEST:
        raise ValueError("the text is too long")
    return text


def concatenated(mark: str, *parts: str) -> str:
    """Texts in a row with a mark between them."""
    return bounded(mark.join(map(bounded, parts)))


def replaced(text: str, find: str, by: str) -> str:
    """A text with each place of another one replaced."""
    if len(text) + text.count(find) * max(0, len(by) - len(find)) > LONGEST:
        raise ValueError("the text is too long")
    return text.replace(find, by)


def cased(text: str, mode: str) -> str:
    """A text in another case, named as CaseConverter does."""
    how: dict[str, Callable[[str], str]] = {
        "UPPERCASE": str.upper,
        "lowercase": str.lower,
        "Capitalize": str.capitalize,
        "Title Case": str.title,
    }
    return how.get(mode, str)(text)


def trimmed(text: str, mode: str = "Both") -> str:
    """A text without the blanks around it, or on one side of it."""
    how: dict[str, Callable[[str], str]] = {"Both": str.strip, "Left": str.lstrip, "Right": str.rstrip}
    return how.get(mode, str)(text)


def part(text: str, start: int, end: int) -> str:
    """A text from one letter to another, counted from its end where negative."""
    return text[start:end]


def contains(text: str, other: str, case: bool) -> bool:
    """Whether a text holds another one."""
    return other in text if case else other.lower() in text.lower()


def compared(one: str, other: str, mode: str, case: bool) -> bool:
    """Whether two texts are equal, or one begins or ends with the other."""
    one, other = (one, other) if case else (one.lower(), other.lower())
    if mode == "Equal":
        return one == other
    return {"Starts With": one.startswith, "Ends With": one.endswith}[mode](other)


def formatted(text: str, given: dict[str, Any]) -> str:
    """A text with each `{name}` or `{name:.2f}` filled in; raises `ValueError` for any other field."""
    found = []
    for literal, name, how, conversion in Formatter().parse(text):
        if conversion or not PLAIN.fullmatch(how or ""):
            raise ValueError("a field asks for a format that is not plain")
        found += [literal] if name is None else [literal, format(given[name], how or "")]
    return bounded("".join(found))


def json_value(text: str, key: str) -> str:
    """One value of a JSON object as a text, empty where there is none."""
    try:
        found = json.loads(bounded(text))
    except (json.JSONDecodeError, RecursionError):
        return ""
    value = found.get(key) if isinstance(found, dict) else None
    return "" if value is None else str(value)


def number(value: Any) -> float:
    """A number, a truth or a text of one, as a number; raises `ValueError` for any other text."""
    found = float(value.strip() if isinstance(value, str) else value)
    if not math.isfinite(found):
        raise ValueError("not a finite number")
    return found


def whole(value: Any) -> int:
    """The whole number of a number, a truth or a text, cut off behind its point."""
    return int(number(value))


WRITING: tuple[Callable[..., Any], ...] = (
    *(concatenated, replaced, cased, trimmed, part, contains, compared, formatted, json_value, number, whole),
    unknowable,
)
