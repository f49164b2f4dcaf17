"""What `models` says: how much VRAM each family needs, or what one card unlocks; as text and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from ..charts.machines import settings
from ..charts.unlocked import Unlocked, tiers
from ..charts.unlocks import Mark, Statement, bare, nearest, needs, rows
from ..charts.usual import group
from ..runtime import Machine
from ..units import GIB, duration, gib
from .paper import Paper
from .text import COLOURS
from .words import LEAST_SLOWDOWN, SIGNS

SCHEMA = 1
WIDE = 100  # columns that the tables with all they have take
NONE = "–"
MANY = 16  # above, a tier's families are counted and not named
TIERS = {
    "well": "runs well",
    "quick": "full speed, best file",
    "whole8": "all in VRAM, 8 bit",
    "whole": "all in VRAM, best file",
}
SAID = {"minimum": "from", "optimum": "to"}
LEGEND = (
    "runs well: the least with which a usable file, of four bits or more, runs with a margin and hardly "
    "slower than with all weights on the card. full speed: from here more memory makes it no faster, though "
    "weights may stream. all in VRAM: nothing streams. best: 16 bit where that is published. others say: "
    "published or measured elsewhere; --json has the sources."
)
CARD_LEGEND = (
    "in VRAM: the best file of which all stays on the card. streams: GiB of weights that come over PCIe in "
    "the whole run. Time: with the files in RAM."
)


def encode(ram: float) -> str:
    """The chart as JSON: GiB of VRAM, each point with its file; null where nothing is enough."""
    families = [{**msgspec.structs.asdict(row), "needs": needs(row, ram)} for row in rows()]
    whole = {"schema": SCHEMA, "machine": machine_of(ram), "families": families, "tiers": tiers(ram)}
    return msgspec.json.encode(whole).decode()


def encode_card(found: Sequence[Unlocked], machine: Machine) -> str:
    """What a card unlocks as JSON; bytes and seconds."""
    device, host = machine.device, machine.host
    about = {"name": device.name, "total": device.total, "ram": host.ram_total, "comfy": machine.policy.comfy}
    return msgspec.json.encode({"schema": SCHEMA, "machine": about, "families": found}).decode()


def machine_of(ram: float) -> dict[str, Any]:
    """The machine that the points are for."""
    row = settings()["machine"]
    return {"gpu": row["gpu"], "ram_gib": int(nearest(ram)), "os": row["system"], "comfy": row["comfy"]}


def render(ram: float, width: int, colour: bool = False) -> str:
    """How much VRAM each family needs, and what each tier adds, in at most `width` columns."""
    about = machine_of(ram)
    card = about["gpu"].upper().replace("-", " ")
    head = (
        ("How much VRAM each model needs", "bold"),
        (
            f"GiB, from our own forecasts: a card as quick as an {card}, {about['ram_gib']} GiB of RAM, "
            f"{about['os'].capitalize()}, ComfyUI {about['comfy']}.",
            "dim",
        ),
    )
    added = ("What each size adds to the one below", "bold")
    return printed(
        width, colour, *head, "", needs_table(ram, width), "", added, tier_table(ram), "", (LEGEND, "dim")
    )


def render_card(found: Sequence[Unlocked], machine: Machine, width: int, colour: bool = False) -> str:
    """What a card unlocks, family by family."""
    device, host = machine.device, machine.host
    head = (
        (f"What {device.name} unlocks", "bold"),
        (
            f"{gib(device.total)}, {gib(device.free)} free · RAM {gib(host.ram_total)} · ComfyUI "
            f"{machine.policy.comfy}; each family's usual workflow with the best file that runs well.",
            "dim",
        ),
        (counted(found), ""),
    )
    return printed(width, colour, *head, "", card_table(found, width), "", (CARD_LEGEND, "dim"))


def printed(width: int, colour: bool, *parts: Any) -> str:
    """Tables, lines, and lines with their style, on a console of so many columns."""
    from rich.text import Text

    paper = Paper(width, colour)
    for part in parts:
        paper.console.print(Text(part[0], style=part[1]) if isinstance(part, tuple) else part)
    return paper.text()


def grid(heads: Sequence[str], right: Iterable[str], dim: Iterable[str]) -> Any:
    """An empty table of these columns, after one for names."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
    table.add_column("", no_wrap=True, overflow="ellipsis")
    for head in heads:
        side: Any = "right" if head in right else "left"
        table.add_column(head, justify=side, no_wrap=True, style="dim" if head in dim else "")
    return table


def filled(table: Any, members: Iterable[Any], cells: Callable[[Any], tuple[Any, ...]]) -> Any:
    """A table with a row for each family, under the heading of its kind."""
    from rich.text import Text

    under = ""
    for one in members:
        if group(one.kind) != under:
            under = group(one.kind)
            table.add_row(Text(under, style="bold"))
        table.add_row(f" {one.name}", *cells(one))
    return table


def needs_table(ram: float, width: int) -> Any:
    """The points of each family."""
    heads = ("runs\nwell", "full\nbest", "speed\n8 bit", "all in\nbest", "VRAM\n8 bit", "\n4 bit")
    size, others = ("size",) * (width >= WIDE), "others\nsay"
    table = grid((*size, *heads, others), right=heads, dim=("size", others))

    def cells(row: Any) -> tuple[str, ...]:
        own = needs(row, ram)
        marks = (own.minimum, own.optimum, own.optimum8, own.whole, own.whole8, own.whole4)
        return (*((row.size,) if size else ()), *map(short, marks), said(row.said))

    return filled(table, rows(), cells)


def short(mark: Mark | None) -> str:
    """A point in GiB; a dash where there is none."""
    return f"{mark.gib:g}" if mark else NONE


def said(statements: Iterable[Statement]) -> str:
    """What others say of a family: from where it works, and up to where more helps."""
    known = {one.means: one.vram_gb for one in statements if one.means}
    return " ".join(f"{word} {known[name]:g}" for name, word in SAID.items() if name in known)


def tier_table(ram: float) -> Any:
    """What each tier adds to the one below, by what it means."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), show_header=False)
    for wraps in (False, False, True):
        table.add_column("", no_wrap=not wraps)
    for tier in tiers(ram):
        size = f"{tier.gib} GB"
        for name, words in TIERS.items():
            names = getattr(tier, name)
            if names:
                many = f"{len(names)} of {len(rows())}" if len(names) > MANY else ", ".join(names)
                table.add_row(size, words, many)
                size = ""
    return table


def counted(found: Sequence[Unlocked]) -> str:
    """The answer in a line."""
    good, whole = sum(one.well for one in found), sum(bool(one.whole) for one in found)
    failing = [one.name for one in found if one.seconds is None and one.verdict in ("oom", "spill")]
    lost = f" {', '.join(failing)}: out of memory." if failing else ""
    return f"{good} of {len(found)} run well, {whole} with all of a usable file in VRAM.{lost}"


def card_table(found: Sequence[Unlocked], width: int) -> Any:
    """How each family runs on a card."""
    from rich.text import Text

    wide = width >= WIDE
    heads = (*(("size",) if wide else ()), "file", "how", "time", *(("streams",) if wide else ()), "in VRAM")
    table = grid(heads, right=("time", "streams"), dim=("size",))

    def cells(one: Unlocked) -> tuple[Any, ...]:
        how = Text(verdict(one), style=COLOURS[one.verdict] if one.verdict != "resident" else "")
        size, streams = ((one.size,), (moved(one),)) if wide else ((), ())
        return (*size, bare(one.label), how, time(one), *streams, bare(one.whole) or NONE)

    return filled(table, found, cells)


def time(one: Unlocked) -> str:
    """How long a run takes that ends."""
    return duration(one.seconds.best) if one.seconds else ""


def moved(one: Unlocked) -> str:
    """GiB that stream in a run that ends."""
    return f"{one.streamed / GIB:.0f}" if one.seconds and one.streamed > GIB / 2 else ""


def verdict(one: Unlocked) -> str:
    """How it runs in a few words: `streams`, `disk, 1.8x`, `fits, tight`."""
    slow = f", {one.slowdown.best:.1f}x" if one.slowdown and one.slowdown.best >= LEAST_SLOWDOWN else ""
    return f"{SIGNS[one.verdict]}{slow}{', tight' if one.tight and one.seconds else ''}"
