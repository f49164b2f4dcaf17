"""The picture of two cards: what each has, where more is better, and the references, where less is."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from .. import facts
from ..units import closer
from . import draw
from .cards import Card
from .cards_beside import Beside, answer
from .grades import KEYS, keys
from .references import references

LEFT, WIDE, RIGHT, HEAD, ROW_PX = 150, 330, 700, 148, 62
LINE_PX = 19  # of the subtitle
LETTERS = 118  # of a subtitle's line
BAR = 0.36


def picture(both: Beside) -> bytes:
    """Two cards as PNG, each row against the larger of both. Raises `InputError` without matplotlib."""
    title, _, rest = answer(both).partition(": ")
    lines = textwrap.wrap(rest[:1].upper() + rest[1:], LETTERS)
    notes, top = small_print(), HEAD + LINE_PX * max(0, len(lines) - 1)
    rows = references()
    tall = ROW_PX * len(rows)
    height = top + tall + 24 + draw.foot_px(notes)
    with draw.paper(title, "\n".join(lines), height, notes) as figure:
        named(figure, both, top - 42)
        has = draw.area(figure, LEFT, top, WIDE, tall)
        takes = draw.area(figure, RIGHT, top, WIDE, tall)
        paired(
            has,
            [(f"{keys()[key]['title']}", amounts(both, key)) for key in KEYS] + more(both),
            "more is better",
        )
        paired(takes, [(one.short, times(both, one.id)) for one in rows], "seconds: less is better")
        return draw.png(figure)


# What a bar says: how long it is, the word at its end, and the ends of its band.
Bar = tuple[float, str, tuple[float, float] | None]


def amounts(both: Beside, key: str) -> list[Bar]:
    """A key of both cards, with the sign of its grade."""
    return [(card.value(key) or 0.0, amount(card, key), None) for card in (both.first, both.second)]


def amount(card: Card, key: str) -> str:
    """How much a card has of a key, with its grade."""
    value, name = card.value(key), card.grades.get(key)
    sign = f"{draw.grades()[name]['sign']} {draw.grades()[name]['word']}" if name else ""
    return " ".join(filter(None, (f"{value:.0f} {keys()[key]['unit']}" if value else "not known", sign)))


def more(both: Beside) -> list[tuple[str, list[Bar]]]:
    """The rates in fewer bits."""
    cards = (both.first, both.second)
    rows = {"8-bit": [card.rates.f8 for card in cards], "4-bit": [card.rates.f4 for card in cards]}
    return [(name, [(rate or 0.0, said(rate), None) for rate in rates]) for name, rates in rows.items()]


def said(rate: float | None) -> str:
    """A rate of floating-point numbers, which some cards have no units for."""
    return f"{rate:.0f} TFLOPS" if rate else "none"


def times(both: Beside, reference: str) -> list[Bar]:
    """The seconds of a reference on both cards, with the forecast's band."""
    return [timed(card, reference) for card in (both.first, both.second)]


def timed(card: Card, reference: str) -> Bar:
    """The seconds of a reference on a card."""
    found = card.outcomes.get(reference)
    if found is None or found.seconds is None:
        return 0.0, "out of memory" if found and found.verdict == "oom" else "not known", None
    streams = ", streams" if found.verdict == "streamed" else ""
    return (
        found.seconds.best,
        f"{closer(found.seconds.best)}{streams}",
        (found.seconds.low, found.seconds.high),
    )


def small_print() -> list[str]:
    """Where the numbers are from, and of when."""
    around, table = facts.table("charts/references")["machine"], facts.table("gpus")
    each = "; ".join(f"{one.title} ({one.about})" for one in references())
    return [
        "Each pair against the longer of both. Compute: dense TFLOPS, 16 and 8 bits adding up in 32. "
        f"Seconds: forecast in {around['ram_gib']} GiB of RAM with ComfyUI's defaults; the line is its band.",
        f"{each}. No prices. Cards: data/gpus.json of {table['checked']}.",
    ]


def named(figure: Any, both: Beside, down: float) -> None:
    """Which colour is whose."""
    left = float(draw.MARGIN_PX)
    for card, colour in zip((both.first, both.second), draw.ink("series"), strict=False):
        draw.write(figure, left, down, "■", color=colour, size=13)
        draw.write(figure, left + 20, down, card.name, weight="bold")
        left += 70 + 9.5 * len(card.name)


def paired(axes: Any, rows: Sequence[tuple[str, list[Bar]]], title: str) -> None:
    """Two bars a row, as long as their share of the longer one, bands with them."""
    colours = draw.ink("series")
    for at, (_, pair) in enumerate(rows):
        longest = max([band[1] if band else length for length, _, band in pair], default=0.0) or 1.0
        for which, (length, word, band) in enumerate(pair):
            down = at + (which - 0.5) * BAR * 1.08
            axes.barh(down, length / longest, height=BAR, color=colours[which], linewidth=0)
            if band:
                ends = (band[0] / longest, band[1] / longest)
                axes.plot(ends, (down, down), color=draw.ink("text"), linewidth=1.0)
            end = (band[1] if band else length) / longest
            axes.annotate(
                word, (end, down), xytext=(5, 0), textcoords="offset points", va="center_baseline",
                fontsize=draw.style()["size"]["small"] + 0.5,
            )  # fmt: skip
    axes.set_yticks(range(len(rows)), labels=[name for name, _ in rows], color=draw.ink("text"))
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlim(0, 1)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    axes.set_title(title, fontsize=draw.style()["size"]["text"], loc="left", color=draw.ink("quiet"), pad=4)
