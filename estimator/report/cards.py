"""What `gpus` says of cards: a table of them, and the same as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from .. import facts
from ..charts import draw
from ..charts.cards import Card, waiting
from ..charts.references import Outcome, references
from ..charts.unlocks import rows
from ..forecast.result import VERDICTS
from ..units import closer
from .paper import Paper

SCHEMA = 1
WIDE = 100  # columns that the table with all it has takes
NAME, SHORT_NAME = 22, 18  # of a card, and in a narrower table
# What stands behind seconds that are not those of a model on the card.
MARKS = {"resident": "", "streamed": "~", "disk": "d", "spill": "s", "oom": "", "unknown": ""}
EXAMPLES = (80, 160)
TIERS = (8, 12, 16, 24, 32)


def encode(cards: Sequence[Card]) -> str:
    """The cards as JSON: the rows of `data/gpus.json`, and beside what they are rated by."""
    return msgspec.json.encode({"schema": SCHEMA, "gpus": [described(card) for card in cards]}).decode()


def described(card: Card) -> dict[str, Any]:
    """One card as an object; all that is not known is null."""
    rates = card.rates
    return {
        **card.row,
        "released": card.released,
        "tflops": {"f16": rates.f16, "f8": rates.f8, "i8": rates.i8, "f4": rates.f4},
        "grades": card.grades,
        "flop_per_byte": card.flop_per_byte,
        "waits_for_memory": card.waits,
        "references": [
            {"id": one.id, "title": one.title, **msgspec.structs.asdict(card.outcomes[one.id])}
            for one in references()
            if one.id in card.outcomes
        ],
        "unlocks": card.unlocks,
        "newly_unlocked": card.newly,
    }


def render(cards: Sequence[Card], width: int, colour: bool, notes: Sequence[str] = ()) -> str:
    """The table in at most `width` columns: at less than 100 without tensor cores, 8 and 4 bits."""
    paper = Paper(width, colour)
    console = paper.console
    console.print(table(cards, width))
    console.print()
    for line in (*notes, *legend(cards, width)):
        console.print(line, style="dim")
    return paper.text()


def table(cards: Sequence[Card], width: int) -> Any:
    """One line for each card, with a gap between sizes of memory where they are sorted by it."""
    from rich.table import Table

    shown = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
    heads = [*heads_of(width), *(one.short for one in references())]
    shown.add_column("", no_wrap=True, overflow="ellipsis", max_width=NAME if width >= WIDE else SHORT_NAME)
    for head in heads:
        shown.add_column(head, justify="right", no_wrap=True)
    tiers = [tier(card) for card in cards]
    sorted_by_size = tiers == sorted(tiers, reverse=True)
    for at, card in enumerate(cards):
        if at and sorted_by_size and tiers[at] != tiers[at - 1]:
            shown.add_row()
        shown.add_row(card.name, *cells(card, heads))
    return shown


def tier(card: Card) -> int:
    """The step of memory that a card stands on; the highest where it is the computer's RAM."""
    size = card.value("vram")
    return sum(size >= least for least in TIERS) if size is not None else -1


def heads_of(width: int) -> list[str]:
    """The columns before the references."""
    wide = width >= WIDE
    found = ["VRAM", "GB/s", *(["cores"] if wide else []), "16-bit"]
    found += ["8-bit", "4-bit", "F/B"] if wide else []
    return [*found, "holds"]


def cells(card: Card, heads: Sequence[str]) -> list[Any]:
    """A card's columns after its name."""
    if not card.released:
        said = {"VRAM": "unreleased"}
        return [said.get(head, "") for head in heads]
    given = {
        "VRAM": signed(card, "vram", "RAM" if card.value("vram") is None else ""),
        "GB/s": signed(card, "bandwidth"),
        "cores": number(card.row.get("tensor_cores")),
        "16-bit": signed(card, "compute"),
        "8-bit": number(card.rates.f8) if card.rates.f8 else number(card.rates.i8, "i"),
        "4-bit": number(card.rates.f4),
        "F/B": number(card.flop_per_byte),
        "holds": str(len(card.unlocks)),
    }
    by_name = {one.short: timed(card.outcomes.get(one.id)) for one in references()}
    return [(given | by_name)[head] for head in heads]


def signed(card: Card, key: str, instead: str = "") -> Any:
    """A number behind the sign of its grade, in its colour."""
    from rich.text import Text

    name, value = card.grades.get(key), instead or number(card.value(key))
    if not name:
        return Text(value)
    row = draw.grades()[name]
    return Text(f"{row['sign']} {value}", style=row["terminal"])


def number(value: float | None, mark: str = "") -> str:
    """A number without needless digits; a dash where it is not known."""
    if value is None:
        return "-"
    return f"{value:.0f}{mark}" if value >= 10 or value == int(value) else f"{value:.1f}{mark}"


def timed(found: Outcome | None) -> str:
    """The seconds of a reference, marked where its weights do not stay on the card."""
    if found is None or found.verdict == "unknown":
        return "?"
    if found.verdict == "oom":
        return "oom"
    return (
        f"{brief(found.seconds.best)}{MARKS[found.verdict]}" if found.seconds else f"?{MARKS[found.verdict]}"
    )


def brief(seconds: float) -> str:
    """Seconds in few letters: `9.6s`, `48s`, `2.9m`, `26m`, `1.5h`."""
    return closer(seconds).replace(" min", "m").replace(" ", "")


def legend(cards: Sequence[Card], width: int) -> list[str]:
    """What the columns, signs and marks mean."""
    signs = " · ".join(f"{row['sign']} {row['word']}" for row in draw.grades().values())
    wide = width >= WIDE
    rates = "16-, 8- and 4-bit" if wide else "16-bit"
    lines = [
        f"{signs}.",
        f"{rates}: dense TFLOPS, adding up in 32 bits{'; i: integers only' * wide}. - ? not known.",
    ]
    if wide:
        shares = " and ".join(f"{100 * waiting(at, 'sdxl'):.0f} % at {at}" for at in EXAMPLES)
        lines.append(f"F/B: FLOP in 16 bits per byte; a step of SDXL waits for memory {shares}.")
    families = len(rows())
    lines.append(
        f"Holds: of {families} families, those that stay in VRAM whole in 4 bits or more; see `models`."
    )
    return lines + titles(cards)


def titles(cards: Sequence[Card]) -> list[str]:
    """What the seconds are of."""
    around = facts.table("charts/references")["machine"]
    seen = {found.verdict for card in cards for found in card.outcomes.values()}
    words = {"streamed": "~ streams weights", "disk": "d reads the disk", "oom": "oom out of memory"}
    marks = "; ".join(words[name] for name in VERDICTS if name in words and name in seen)
    said = f"Seconds: our forecast in {around['ram_gib']} GiB of RAM{band(cards)}. {marks}"
    return [said.rstrip(". ") + ".", *(f"{one.short}: {one.title}, {one.about}." for one in references())]


def band(cards: Sequence[Card]) -> str:
    """How far the truth may be from the seconds: `, true within 0.8x to 1.5x`."""
    known = [found.seconds for card in cards for found in card.outcomes.values() if found.seconds]
    if not known:
        return ""
    low = min(one.low / one.best for one in known)
    high = max(one.high / one.best for one in known)
    return f", true within {low:.1f}x to {high:.1f}x"
