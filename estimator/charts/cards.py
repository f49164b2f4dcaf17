"""Which card: each with its rates, the grades of its keys, what it waits for and how the references run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from .. import facts
from ..errors import InputError
from ..runtime import Device, Machine
from ..runtime.cards import cards
from ..runtime.rates import native
from . import grades
from .cards_held import held, newly
from .references import Outcome, outcomes, references

TABLE = "charts/cards"
TERA, GIGA = 1e12, 1e9


class Rates(msgspec.Struct, frozen=True):
    """Dense 1e12 operations a second by element type; None where the card has no kernel, or nobody says."""

    f16: float | None = None
    f8: float | None = None
    i8: float | None = None
    f4: float | None = None


class Card(msgspec.Struct, frozen=True):
    """A row of `data/gpus.json` with what is said of it. One that is not released has nothing but its row.

    `grades` by key; `flop_per_byte`: 16-bit rate over bandwidth; `waits`: the share of a pass that waits for
    memory, by reference; `outcomes`: how the references run, by id; `unlocks`: the families it holds, and
    `newly` those that the next smaller size does not.
    """

    row: dict[str, Any]
    rates: Rates = Rates()
    grades: dict[str, str | None] = {}
    flop_per_byte: float | None = None
    waits: dict[str, float] = {}
    outcomes: dict[str, Outcome] = {}
    unlocks: tuple[str, ...] = ()
    newly: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its name without what all of its maker's have."""
        return short(self.row["name"])

    @property
    def released(self) -> bool:
        """Whether it was ever sold."""
        return bool(self.row["status"] == "released")

    def value(self, key: str) -> float | None:
        """What it has of one of the three keys: GB, GB/s or TFLOPS; rumours are none."""
        if not self.released:
            return None
        given: dict[str, float | None] = {
            "vram": self.row.get("vram_gb"),
            "bandwidth": self.row.get("bandwidth_gbs"),
            "compute": self.rates.f16,
        }
        return given[key]

    def seconds(self, reference: str) -> float | None:
        """How long a reference takes at best guess."""
        found = self.outcomes.get(reference)
        return found.seconds.best if found and found.seconds else None


def short(name: str) -> str:
    """A card's name as people say it."""
    for word in ("GeForce ", "Radeon Instinct ", "Radeon ", " Generation", " GPU"):
        name = name.replace(word, "", 1) if name != "Radeon 8060S" else name
    return name


def rated(row: dict[str, Any], machine: Machine | None) -> Card:
    """What is said of a card's row; `machine` is a computer with it, None for one that is not released."""
    if machine is None:
        return Card(row)
    device = machine.device
    rates = Rates(*(native(device, dtype) for dtype in ("F16", "F8", "I8", "F4")))
    values = {"vram": row.get("vram_gb"), "bandwidth": row.get("bandwidth_gbs"), "compute": rates.f16}
    balance = intensity(device)
    return Card(
        row,
        rates,
        {key: grades.grade(key, values[key], row) for key in grades.KEYS},
        balance,
        {name: waiting(balance, name) for name in passes()} if balance else {},
        outcomes(machine),
        held(machine),
        newly(machine),
    )


def intensity(device: Device) -> float | None:
    """FLOP in 16 bits that a card can do for each byte that it can read or write; None where not known."""
    rate = native(device, "F16")
    return rate * TERA / (device.bandwidth_gbs * GIGA) if rate and device.bandwidth_gbs else None


def passes() -> dict[str, dict[str, Any]]:
    """One pass of each reference's diffusion model, as it was traced."""
    return {row["id"]: row for row in facts.table(TABLE)["pass"]}


def waiting(balance: float, reference: str) -> float:
    """The share of a pass in which a card of this balance waits for its memory.

    A roofline (Williams, Waterman and Patterson 2009) of two parts after one another, both at their ideal
    rates: products and attention compute, all other kernels move bytes.
    """
    one = passes()[reference]
    return float(balance / (balance + one["flop"] / one["moved"]))


def balance_word(card: Card) -> str:
    """The balance of a card's bandwidth and compute in words; empty where it is not known."""
    rule = facts.table(TABLE)["balance"]
    share = card.waits.get(rule["of"])
    if share is None:
        return ""
    word: str = next(row["word"] for row in rule["words"] if share < row["below"])
    return word


def segment(row: dict[str, Any]) -> str:
    """What kind of card a row is of."""
    kinds = facts.table(TABLE)["segments"]
    found: str = next(name for name in segments() if row["segment"] in kinds[name])
    return found


def segments() -> tuple[str, ...]:
    """The kinds there are."""
    return tuple(name for name in facts.table(TABLE)["segments"] if name != "source")


def chosen(
    vendor: str = "", kind: str = "", least_gb: float = 0, everything: bool = False
) -> list[dict[str, Any]]:
    """The rows that are asked for; with nothing asked, released desktop cards. Raises `InputError`."""
    makers = sorted({row["vendor"] for row in cards()})
    for option, value, known in (("--vendor", vendor, makers), ("--segment", kind, segments())):
        if value and value not in known:
            raise InputError(f"`{value}` is not known", where=option, do=f"Use {', '.join(known)}.")
    wanted = kind or ("" if everything or vendor else segments()[0])
    return [
        row
        for row in cards()
        if (not wanted or segment(row) == wanted)
        and (everything or row["status"] == "released")
        and (not vendor or row["vendor"] == vendor)
        and (not least_gb or row.get("vram_gb", 0) >= least_gb)
    ]


def orders() -> tuple[str, ...]:
    """What cards can be sorted by."""
    return (*ORDERS, *(one.id for one in references()))


def ordered(found: Iterable[Card], key: str) -> list[Card]:
    """Cards sorted, the best first and what is not known last. Raises `InputError` for another key."""
    if key not in orders():
        raise InputError(f"cards have no `{key}`", where="--sort", do=f"Use {', '.join(orders())}.")
    return sorted(
        found, key=lambda card: ranked(ORDERS[key](card) if key in ORDERS else (card.seconds(key),))
    )


def ranked(values: tuple[Any, ...]) -> list[tuple[bool, Any]]:
    """Values that sort, the missing ones last."""
    return [(value is None, 0 if value is None else value) for value in values]


def less(value: float | None) -> float | None:
    """What sorts the largest first."""
    return None if value is None else -value


def newest(card: Card) -> float | None:
    """What sorts the newest first."""
    day = str(card.row.get("release_date") or "")
    return -float(day.replace("-", "")) if day else None


ORDERS: dict[str, Callable[[Card], tuple[Any, ...]]] = {
    "vram": lambda card: (less(card.value("vram")), less(card.value("bandwidth"))),
    "bandwidth": lambda card: (less(card.value("bandwidth")),),
    "tflops": lambda card: (less(card.value("compute")),),
    "balance": lambda card: (card.flop_per_byte,),
    "unlocks": lambda card: (-len(card.unlocks), less(card.value("vram"))),
    "name": lambda card: (card.name,),
    "date": lambda card: (newest(card),),
}
