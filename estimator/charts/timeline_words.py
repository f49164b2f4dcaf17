"""What the picture of a forecast says: its title, its key, and the names under its steps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

import msgspec

from ..forecast import Forecast
from ..units import duration
from . import draw
from .timeline import FAILS, Column, hues, look

Entry = tuple[str, str]
LETTER_PX = 0.86  # of a letter of the small size, for each of its points
KEY_LETTER_PX, KEY_GAP_PX = 0.84, 40.0
# Where a verdict's sentence may end as a title, the likeliest first; a word belongs to what follows.
ENDS = (": ", ", but ", " over ", ", ")


def headline(sentence: str) -> tuple[str, str]:
    """A verdict's sentence as a title that fits, and the rest of it under that."""
    most: int = look("limits")["title_letters"]
    if len(sentence) <= most:
        return sentence, ""
    start, found, rest = sentence.partition("; ")
    if found and len(rest) <= most:
        return capital(rest), f"{start}."
    for end in ENDS:
        start, found, rest = sentence.partition(end)
        if found and len(start) <= most:
            return start, capital(f"{end.strip(' ,:')} {rest}".strip())
    start = sentence[:most].rpartition(" ")[0] or sentence[:most]
    return f"{start} …", sentence[len(start) :].strip()


def capital(text: str) -> str:
    """The same with a capital first letter."""
    return text[:1].upper() + text[1:]


def plain(text: str, most: int) -> str:
    """A name as it can be drawn: in one line, of printable characters, cut where it is long."""
    words = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return words if len(words) <= most else f"{words[: most - 1].rstrip()}…"


class Name(msgspec.Struct, frozen=True):
    """Two lines under a column, in a row from above, around a `middle` in pixels."""

    column: Column
    text: str
    row: int
    middle: float


def names(shown: Sequence[Column], forecast: Forecast, room_px: float) -> tuple[Name, ...]:
    """Names under the columns that cover no other; the most telling first, others may have none."""
    taken: list[list[tuple[float, float]]] = [[] for _ in range(look("size")["label_rows"])]
    found = []
    for one in sorted(shown, key=lambda one: telling(one, forecast)):
        text = f"{plain(one.step.title, look('limits')['letters'])}\n{timed(one)}"
        wide = max(map(len, text.splitlines())) * draw.style()["size"]["small"] * LETTER_PX + 10
        left = min(max(0.0, one.middle - wide / 2), room_px + look("size")["right_px"] - 10 - wide)
        row = place(taken, left, left + wide, one.middle)
        if row is not None:
            taken[row].append((left, left + wide))
            found.append(Name(one, text, row, left + wide / 2))
    return tuple(found)


def telling(one: Column, forecast: Forecast) -> tuple[bool, bool, float]:
    """What sorts the columns that must have a name before the others."""
    return (one.step != forecast.where, one.step.verdict not in FAILS, -one.width)


def place(
    taken: Sequence[Sequence[tuple[float, float]]], left: float, right: float, middle: float
) -> int | None:
    """The first row with room, to which a line from the column crosses no other name."""
    for row, spans in enumerate(taken):
        if all(right <= start or end <= left for start, end in spans):
            above = [span for spans in taken[:row] for span in spans]
            return row if all(not start <= middle <= end for start, end in above) else None
    return None


def timed(one: Column) -> str:
    """How long a column takes, that it fails, or for how many steps more it stands."""
    if one.step.verdict == "oom":
        return "fails here" if one.reached else "not reached"
    if not one.reached:
        return "not reached"
    if one.stands_for > 1:
        return f"and {one.stands_for - 1} more"
    return duration(one.step.seconds.best) if one.step.seconds else "time not known"


def key(forecast: Forecast, shown: Sequence[Column]) -> list[list[Entry]]:
    """Colours and words of what is drawn, in lines that fit the paper."""
    words, colours = look("words"), look("colour")
    drawn = {layer.what for one in shown for layer in one.layers}
    entries = [(colours[name], words[name]) for name in ("others", "workspace") if name in drawn]
    entries += of_models(forecast, shown)
    shared = "models" in drawn or any(hue == colours["models"] for hue in hues(forecast).values())
    entries += [(colours["models"], words["models"])] if shared and shown else []
    entries += [(colours["activations"], words["activations"])] if "activations" in drawn else []
    return wrapped(entries)


def of_models(forecast: Forecast, shown: Sequence[Column]) -> list[Entry]:
    """The models that have a hue of their own, by their titles; by their files where titles are alike."""
    own, shared = hues(forecast), look("colour")["models"]
    there = {layer.component for one in shown for layer in one.layers}
    named = [one for one in forecast.components if one.key in there and own[one.key] != shared]
    titles = [f"{one.title} {one.storage_dtype}" for one in named]
    most = look("limits")["key_letters"]
    return [
        (own[one.key], plain(title if titles.count(title) == 1 else stem(one.file), most))
        for one, title in zip(named, titles, strict=True)
    ]


def stem(file: str) -> str:
    """A file's name without folders and ending."""
    return PurePosixPath(file.replace("\\", "/")).stem


def wrapped(entries: Sequence[Entry]) -> list[list[Entry]]:
    """The entries of the key in lines."""
    room = draw.style()["size"]["width_px"] - 2 * draw.MARGIN_PX
    rows: list[list[Entry]] = [[]]
    left = 0.0
    for entry in entries:
        if left + key_px(entry[1]) > room and rows[-1]:
            rows.append([])
            left = 0.0
        rows[-1].append(entry)
        left += key_px(entry[1])
    return rows


def key_px(words: str) -> float:
    """About how wide an entry of the key is."""
    return float(KEY_GAP_PX + len(words) * draw.style()["size"]["small"] * KEY_LETTER_PX)
