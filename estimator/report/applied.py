"""What was changed in a workflow, what has to be had for it, and whether it runs as was promised."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from ..advice import Checked, Suggestion
from ..forecast import Forecast
from ..units import amount, duration
from .json import check, suggestion
from .words import SIGNS, sentence

CLOSE = 0.01  # seconds that differ by less are as promised


def as_promised(forecast: Forecast, made: Suggestion) -> bool:
    """Whether a forecast is the one that a suggestion gave."""
    if (forecast.verdict, forecast.tight) != (made.verdict_after, made.tight_after):
        return False
    seconds = forecast.seconds.best if forecast.seconds else None
    if seconds is None or made.seconds_after is None:
        return seconds == made.seconds_after
    return abs(seconds - made.seconds_after) <= CLOSE * made.seconds_after


def render(made: Sequence[Suggestion], path: Path, after: Checked) -> str:
    """The same as text."""
    return "\n".join(lines(made, path, after))


def lines(made: Sequence[Suggestion], path: Path, after: Checked) -> Iterator[str]:
    """Line by line: what was done, what is left to do, and the forecast."""
    for one in made:
        yield f"Done: {one.title} ({one.code})."
        yield from (f"  Quality: {text}." for text in (one.quality,) if text)
        yield from (f"  Also: {text}." for text in one.effects)
    for one in made:
        for file in one.downloads:
            yield f"To download: {file.file}, {amount(file.bytes)}, into models/{file.directory}: {file.url}"
        yield from (f"To install: {pack}" for pack in one.needs)
    yield f"Written to {path}."
    yield f"Forecast of it: {sentence(after.forecast)}"
    if len(made) == 1:
        kept = as_promised(after.forecast, made[0])
        yield "As promised." if kept else f"Promised was: {promise(made[0])}."


def promise(made: Suggestion) -> str:
    """What a suggestion promised, in a few words."""
    time = f", about {duration(made.seconds_after)}" if made.seconds_after else ""
    return f"{SIGNS[made.verdict_after]}{', tight' * made.tight_after}{time}"


def encode(made: Sequence[Suggestion], path: Path, after: Checked) -> bytes:
    """The same as JSON text: the changes, the file, and the forecast of it as `check` gives it."""
    kept: dict[str, Any] = {"as_promised": as_promised(after.forecast, made[0])} if len(made) == 1 else {}
    told: dict[str, Any] = {"schema": 1, "applied": [suggestion(one) for one in made], "written": str(path)}
    return msgspec.json.encode(told | kept | {"after": check(after)})
