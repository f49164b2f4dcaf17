"""Suggestions as text: one line each under a forecast, and all that a user should know of them before."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from .. import facts
from ..advice import Checked, Download, Suggestion
from ..advice.judge import GOOD, grade
from ..units import GIB, amount, duration
from .paper import Paper
from .words import SIGNS, sentence

LINE = " · "


def line(one: Suggestion) -> str:
    """A suggestion in one line: what to do, what it saves, how the workflow runs then, what it costs."""
    return LINE.join(filter(None, (one.title, outcome(one))))


def outcome(one: Suggestion) -> str:
    """What a suggestion saves, how the workflow runs with it, and what that costs in quality."""
    after = f"{SIGNS[one.verdict_after]}, tight" if one.tight_after else SIGNS[one.verdict_after]
    time = duration(one.seconds_after) if one.seconds_after and one.verdict_after != "oom" else ""
    quality = f"quality: {one.quality}" if one.quality else ""
    why = "" if one.why == "quicker" or one.why.endswith(f"becomes {one.verdict_after}") else one.why
    return LINE.join(filter(None, (saving(one), why, after, time, quality)))


def saving(one: Suggestion) -> str:
    """What it saves on the card, or else of RAM; nothing where that is too little to say."""
    least = facts.table("advice")["enough"]["least_gib"] * GIB
    if one.saves >= least:
        return f"−{amount(one.saves)}"
    return f"−{amount(one.saves_ram)} of RAM" if one.saves_ram >= least else ""


def notes(one: Suggestion) -> list[str]:
    """What else changes, what must be there for it, and what is downloaded, each in a sentence."""
    said = [f"Also {', '.join(one.effects)}."] if one.effects else []
    said += [f"Needs the pack {', '.join(one.needs)}."] if one.needs else []
    said += [download(file) for file in one.downloads]
    return said


def download(file: Download) -> str:
    """`Downloads flux1-dev-Q8_0.gguf, 11.8 GiB, from huggingface.co into models/unet.`"""
    size = amount(file.bytes) if file.exact else f"about {amount(file.bytes)}"
    place = f"from {urlsplit(file.url).hostname or file.url} into models/{file.directory}"
    gated = "; its licence must be accepted there first" if file.gated else ""
    return f"Downloads {file.file}, {size}, {place}{gated}."


def render(checked: Checked, width: int = 100, colour: bool = False) -> str:
    """The verdict, and every change that would make it better, as text of at most `width` columns."""
    paper = Paper(width, colour)
    show(checked, paper.console)
    return paper.text() + "\n"


def show(checked: Checked, console: Any) -> None:
    """Print them on a rich console, numbered, the best first."""
    from rich.table import Table
    from rich.text import Text

    console.print(Text(sentence(checked.forecast), style="bold"))
    console.print()
    if not checked.suggestions:
        console.print(Text(nothing(checked)))
    elif grade(checked.forecast) == GOOD:
        console.print(Text("Nothing has to be changed. Clearly quicker would be:"))
        console.print()
    for number, one in enumerate(checked.suggestions, 1):
        table = Table.grid(padding=(0, 1))
        table.add_row(f"{number}.", Text(one.title, style="bold"))
        how = "by hand" if one.applicability == "manual" else f"--apply {one.code}"
        for said in (outcome(one), *notes(one)):
            table.add_row("", Text(said))
        table.add_row("", Text(how, style="dim"))
        console.print(table)


def nothing(checked: Checked) -> str:
    """Why there is no suggestion."""
    if checked.forecast.verdict in ("resident", "streamed"):
        return "Nothing to change: no change that is known makes it run clearly better."
    return "No change of this workflow that is known mends that."
