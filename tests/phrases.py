"""What the server says, matched to the texts that other languages have for it, as `web/phrases.js` does."""

import json
import re
from functools import cache
from pathlib import Path

TEXTS = Path(__file__).resolve().parent.parent / "web" / "texts" / "advice" / "en.json"


@cache
def patterns(room: str) -> tuple[tuple[str, re.Pattern], ...]:
    """The keys of a room's texts, and what follows them."""
    texts = json.loads(TEXTS.read_text(encoding="utf-8"))
    return tuple((key, pattern(words)) for key, words in texts.items() if key.startswith(f"{room}."))


def pattern(words: str) -> re.Pattern:
    """A text with anything in its slots."""
    return re.compile(".+?".join(map(re.escape, re.split(r"\{\w+\}", words))))


def follows(room: str, phrase: str) -> bool:
    """Whether a phrase follows a text of that room."""
    return any(one.fullmatch(phrase) for _, one in patterns(room))


def untold(change) -> list[str]:
    """What a change says that no text has."""
    said = [("rule", change.title), *(("effect", one) for one in change.effects)]
    said += [("quality", one) for one in re.split(r"; (?![^(]*\))", change.quality) if one]
    return [phrase for room, phrase in said if not follows(room, phrase)]
