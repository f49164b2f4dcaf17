"""What `gpus --compare A B` says: the answer first, then how far the two cards are apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from ..charts.cards import Card
from ..charts.cards_beside import Beside, answer
from ..charts.grades import keys
from ..charts.references import references
from ..units import closer
from .cards import SCHEMA, described, number, signed, titles
from .paper import Paper
from .words import SIGNS


def encode(both: Beside) -> str:
    """Both cards as JSON with the answer, what the second has more, and its seconds over the first's."""
    beside = {
        "answer": answer(both),
        "more": {key: both.more(key) for key in keys()},
        "seconds_ratio": both.ratios,
        "unlocked_by_first": both.turned().unlocked,
        "unlocked_by_second": both.unlocked,
        "gpus": [described(both.first), described(both.second)],
    }
    return msgspec.json.encode({"schema": SCHEMA, "compare": beside}).decode()


def render(both: Beside, width: int, colour: bool) -> str:
    """The answer, and a line for each thing that is compared, in at most `width` columns."""
    from rich.text import Text

    paper = Paper(width, colour)
    console = paper.console
    console.print(Text(answer(both), style="bold"))
    if both.first.released and both.second.released:
        console.print()
        console.print(table(both))
        console.print()
        for card, names in ((both.first, both.turned().unlocked), (both.second, both.unlocked)):
            if names:
                console.print(f"Only {card.name} holds whole: {', '.join(names)}.")
        for line in titles((both.first, both.second)):
            console.print(line, style="dim")
    return paper.text()


def table(both: Beside) -> Any:
    """A line for each key and each reference: first, second, and what the second has more."""
    from rich.table import Table

    shown = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    shown.add_column("", no_wrap=True)
    for head in (both.first.name, both.second.name, "second to first"):
        shown.add_column(head, justify="right", no_wrap=True)
    for key, row in keys().items():
        more = both.more(key)
        cells = (signed(both.first, key), signed(both.second, key), change(more))
        shown.add_row(f"{row['title']}, {row['unit']}", *cells)
    for title, of in NUMBERS.items():
        a, b = of(both.first), of(both.second)
        shown.add_row(title, number(a), number(b), change(b / a - 1 if a and b else None))
    held = [str(len(card.unlocks)) for card in (both.first, both.second)]
    shown.add_row("families held whole", *held, "")
    ratios = both.ratios
    for one in references():
        difference = change(ratios[one.id] - 1) if one.id in ratios else ""
        shown.add_row(one.short, ran(both.first, one.id), ran(both.second, one.id), difference)
    return shown


NUMBERS: dict[str, Callable[[Card], float | None]] = {
    "fp8, TFLOPS": lambda card: card.rates.f8,
    "int8, TOPS": lambda card: card.rates.i8,
    "fp4, TFLOPS": lambda card: card.rates.f4,
    "tensor cores": lambda card: card.row.get("tensor_cores"),
    "FLOP per byte": lambda card: card.flop_per_byte,
}


def ran(card: Card, reference: str) -> str:
    """How a card runs a reference."""
    found = card.outcomes[reference]
    time = f"{closer(found.seconds.best)}, " if found.seconds else ""
    return f"{time}{SIGNS[found.verdict]}"


def change(share: float | None) -> str:
    """A difference in percent, with its sign; empty where it is not known."""
    if share is None:
        return ""
    return "the same" if abs(share) < 0.005 else f"{100 * share:+.0f} %".replace("-", "−")
