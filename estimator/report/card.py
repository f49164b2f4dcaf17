"""What `gpus NAME` says of one card: its keys and their grades, its balance, and how the references run."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from ..charts import draw
from ..charts.cards import Card, balance_word, segment
from ..charts.grades import KEYS, ORDER, keys
from ..charts.levers import levers
from ..charts.references import Outcome, references
from ..charts.unlocks import rows
from ..units import closer
from .cards import number
from .paper import Paper
from .words import SIGNS

HEAD = 11  # columns of the words on the left
MAKERS = {"nvidia": "NVIDIA", "amd": "AMD", "intel": "Intel", "apple": "Apple"}
Effects = Mapping[str, Mapping[str, float]]


def render(card: Card, effects: Effects, width: int, colour: bool) -> str:
    """All that is known of a card, in at most `width` columns."""
    from rich.text import Text

    paper = Paper(width, colour)
    console = paper.console
    console.print(Text(card.row["name"], style="bold"), Text(f"  {origin(card)}", style="dim"))
    if not card.released:
        console.print("Never released: what was said of it is not rated.")
    for head, text, style in lines(card, effects) if card.released else ():
        first, *rest = textwrap.wrap(text, width - HEAD - 2)
        console.print(Text(f"  {head:{HEAD}}") + Text(first, style=style))
        for line in rest:
            console.print(Text(f"  {'':{HEAD}}{line}"))
    return paper.text()


def origin(card: Card) -> str:
    """Whose it is, of what kind and from when."""
    row = card.row
    said = (MAKERS[row["vendor"]], row["architecture"], segment(row), (row.get("release_date") or "")[:7])
    return " · ".join(filter(None, said))


def lines(card: Card, effects: Effects) -> Iterator[tuple[str, str, str]]:
    """A word, what is said, and its style."""
    for key in KEYS:
        name = card.grades[key]
        row = draw.grades()[name] if name else {"sign": "-", "word": "", "terminal": ""}
        yield (*keyed(key, card, row), row["terminal"])
    if card.flop_per_byte:
        yield "balance", balanced(card), ""
    yield "holds", holding(card), ""
    for one in references():
        yield one.short, run(card.outcomes[one.id], one.title), ""
    if effects and any(effects.values()):
        yield (
            "more of it",
            "; ".join(f"{levers()[name]['title']}: {gained(found)}" for name, found in effects.items()),
            "",
        )


def keyed(key: str, card: Card, grade: Mapping[str, Any]) -> tuple[str, str]:
    """One of the three keys: how much, what of it, and its grade in words."""
    row, value = keys()[key], card.value(key)
    amount = (
        f"{number(value)} {row['unit']}" if value else "the computer's RAM" if key == "vram" else "not known"
    )
    beside = {"vram": card.row.get("memory_type") or "", "bandwidth": "", "compute": rates(card)}[key]
    said = ", ".join(filter(None, (amount, beside)))
    return row["title"], f"{grade['sign']} {said}: {grade['word']}{bound(key, card)}" if grade[
        "word"
    ] else said


def bound(key: str, card: Card) -> str:
    """The next better grade and where it begins: ` (optimal from 12 GB)`."""
    row, name = keys()[key], card.grades[key]
    better = ORDER[ORDER.index(name) + 1 : 4] if name and name != "purple" else ()
    return (
        f" ({draw.grades()[better[0]]['word']} from {row['from'][better[0]]} {row['unit']})" if better else ""
    )


def rates(card: Card) -> str:
    """Its other rates, and on how many tensor cores."""
    found = card.rates
    said = [
        f"{number(rate)} {name}"
        for name, rate in (("fp8", found.f8), ("int8", found.i8), ("fp4", found.f4))
        if rate
    ]
    said += [f"{card.row['tensor_cores']} tensor cores"] if card.row.get("tensor_cores") else []
    return ", ".join(["dense 16-bit", *said]) if found.f16 else ", ".join(said)


def balanced(card: Card) -> str:
    """Its balance, and what of a pass waits for memory."""
    waits = [f"{one.short} {100 * card.waits[one.id]:.0f} %" for one in references() if one.id in card.waits]
    said = f"{card.flop_per_byte:.0f} FLOP per byte, {balance_word(card)}"
    return f"{said}; a pass waits for memory: {', '.join(waits)}"


def holding(card: Card) -> str:
    """How many families it holds, and which of them the next smaller size does not."""
    said = f"{len(card.unlocks)} of {len(rows())} families whole"
    return f"{said}; not on the next smaller size: {', '.join(card.newly)}" if card.newly else said


def run(found: Outcome, title: str) -> str:
    """How one reference runs."""
    time = ""
    if found.seconds:
        ends = f"{closer(found.seconds.low)} to {closer(found.seconds.high)}"
        time = f", {closer(found.seconds.best)} ({ends})"
    elif found.verdict in ("resident", "streamed", "disk"):
        time = ", seconds unknown: nobody states its rate"
    return f"{SIGNS[found.verdict]}{', tight' if found.tight else ''}{time} · {title}"


def gained(effect: Mapping[str, float]) -> str:
    """What a lever does to the references: `0 to 4 % less time`."""
    low, high = (max(0, round(-100 * end)) for end in (max(effect.values()), min(effect.values())))
    if not high:
        return "no less time"
    return f"{low} to {high} % less time" if low != high else f"{high} % less time"
