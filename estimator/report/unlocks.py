"""What `models` says: how much VRAM each family needs, or what one card unlocks; as text and as JSON."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from ..charts.machines import settings
from ..charts.unlocked import Unlocked, tiers
from ..charts.unlocks import Mark, Statement, nearest, needs, rows
from ..runtime import Machine
from ..units import GIB, duration, gib
from .text import COLOURS
from .words import SIGNS

SCHEMA = 1
WIDE = 100  # columns that the table with all it has takes
KINDS = {
    "image": "Pictures",
    "edit": "Pictures",
    "video": "Video",
    "sound": "Sound",
    "control": "With ControlNets",
    "training": "Fine-tuning",
}
NONE = "–"
TIER_WORDS = (
    ("well", "runs well"),
    ("quick", "full speed, best file"),
    ("whole8", "all in VRAM, 8 bit"),
    ("whole", "all in VRAM, best file"),
)


def encode(ram: float) -> str:
    """The chart as JSON: GiB of VRAM, each point with its file; null where nothing is enough."""
    families = [
        {
            **msgspec.structs.asdict(row),
            "needs": needs(row, ram),
            "files": [{**plain(one), "points": one.points[nearest(ram)]} for one in row.files],
        }
        for row in rows()
    ]
    return msgspec.json.encode(
        {"schema": SCHEMA, "machine": machine_of(ram), "families": families, "tiers": tiers(ram)}
    ).decode()


def encode_card(found: Sequence[Unlocked], machine: Machine) -> str:
    """What a card unlocks as JSON; bytes and seconds."""
    device, host = machine.device, machine.host
    about = {"name": device.name, "total": device.total, "ram": host.ram_total, "comfy": machine.policy.comfy}
    return msgspec.json.encode({"schema": SCHEMA, "machine": about, "families": found}).decode()


def plain(one: msgspec.Struct) -> dict[str, Any]:
    """A struct as an object."""
    return msgspec.structs.asdict(one)


def machine_of(ram: float) -> dict[str, Any]:
    """The machine that the points are for."""
    row = settings()["machine"]
    return {"gpu": row["gpu"], "ram_gib": int(nearest(ram)), "os": row["system"], "comfy": row["comfy"]}


def render(ram: float, width: int, colour: bool = False) -> str:
    """How much VRAM each family needs, and what each tier adds, in at most `width` columns."""
    from rich.text import Text

    console, out = paper(width, colour)
    about = machine_of(ram)
    console.print(Text("How much VRAM each model needs", style="bold"))
    console.print(
        Text(
            f"GiB, from our own forecasts: a card as quick as an {about['gpu'].upper().replace('-', ' ')}, "
            f"{about['ram_gib']} GiB of RAM, {about['os'].capitalize()}, ComfyUI {about['comfy']}.",
            style="dim",
        )
    )
    console.print()
    console.print(needs_table(ram, width))
    console.print()
    console.print(Text("What each size adds to the one below", style="bold"))
    console.print(tier_table(ram))
    console.print()
    for line in LEGEND:
        console.print(Text(line, style="dim"))
    return text_of(out)


LEGEND = (
    "runs well: the least with which a usable file, of four bits or more, runs with a margin and hardly slower "
    "than with all weights on the card. full speed: from here more memory makes it no faster, though weights may "
    "stream. all in VRAM: nothing streams. best: 16 bit where that is published. others say: what is published or "
    "measured elsewhere; --json has its sources.",
)


def needs_table(ram: float, width: int) -> Any:
    """One row for each family, under the heading of its kind."""
    from rich.table import Table
    from rich.text import Text

    wide = width >= WIDE
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
    table.add_column("", no_wrap=True, overflow="ellipsis", min_width=22)
    if wide:
        table.add_column("size", no_wrap=True, style="dim")
    heads = ("runs\nwell", "full\nbest", "speed\n8 bit", "all in\nbest", "VRAM\n8 bit", "\n4 bit")
    for head in heads:
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("others\nsay", justify="right", no_wrap=True, style="dim")
    group = ""
    for row in rows():
        if KINDS[row.kind] != group:
            group = KINDS[row.kind]
            table.add_row(Text(group, style="bold"))
        own = needs(row, ram)
        marks = (own.minimum, own.optimum, own.optimum8, own.whole, own.whole8, own.whole4)
        size = (row.size,) if wide else ()
        table.add_row(f" {row.name}", *size, *map(short, marks), said(row.said))
    return table


def short(mark: Mark | None) -> str:
    """A point in GiB; a dash where there is none."""
    return f"{mark.gib:g}" if mark else NONE


def said(statements: Iterable[Statement]) -> str:
    """What others say of a family: from where it works, and up to where more helps."""
    known = {one.means: one.vram_gb for one in statements if one.means}
    words = [f"{word} {known[name]:g}" for name, word in SAID.items() if name in known]
    return " ".join(words)


SAID = {"minimum": "from", "optimum": "to"}


def tier_table(ram: float) -> Any:
    """What each tier adds to the one below, by what it means."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), show_header=False)
    for wrapped in (False, False, True):
        table.add_column("", no_wrap=not wrapped)
    for tier in tiers(ram):
        size = f"{tier.gib} GB"
        for name, words in TIER_WORDS:
            names = getattr(tier, name)
            if names:
                many = f"{len(names)}, more than other tiers" if len(names) > MANY else ", ".join(names)
                table.add_row(size, words, many)
                size = ""
    return table


MANY = 16  # above, a tier's families are counted and not named


def render_card(found: Sequence[Unlocked], machine: Machine, width: int, colour: bool = False) -> str:
    """What a card unlocks, family by family."""
    from rich.text import Text

    console, out = paper(width, colour)
    device, host = machine.device, machine.host
    console.print(Text(f"What {device.name} unlocks", style="bold"))
    console.print(
        Text(
            f"{gib(device.total)}, {gib(device.free)} free · RAM {gib(host.ram_total)} · "
            f"ComfyUI {machine.policy.comfy}; each family's usual workflow with the best file that runs well.",
            style="dim",
        )
    )
    console.print(Text(counted(found)))
    console.print()
    console.print(card_table(found, width))
    console.print()
    for line in CARD_LEGEND:
        console.print(Text(line, style="dim"))
    return text_of(out)


CARD_LEGEND = (
    "streams: GiB of weights that come over PCIe in the whole run. in VRAM: the best file of which all stays on "
    "the card. Time: with the files in RAM.",
)


def counted(found: Sequence[Unlocked]) -> str:
    """The answer in a line."""
    good = [one for one in found if one.well]
    whole = sum(bool(one.whole) for one in found)
    failing = [one.name for one in found if one.verdict in ("oom", "spill")]
    lost = f" {', '.join(failing)}: out of memory." if failing else ""
    return f"{len(good)} of {len(found)} run well, {whole} with all of a usable file in VRAM.{lost}"


def card_table(found: Sequence[Unlocked], width: int) -> Any:
    """One row for each family on a card."""
    from rich.table import Table
    from rich.text import Text

    wide = width >= WIDE
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
    table.add_column("", no_wrap=True, overflow="ellipsis")
    if wide:
        table.add_column("size", no_wrap=True, style="dim")
    for head in ("file", "how", "time", *(("streams",) if wide else ()), "in VRAM"):
        table.add_column(head, justify="right" if head in ("time", "streams") else "left", no_wrap=True)
    group = ""
    for one in found:
        if KINDS[one.kind] != group:
            group = KINDS[one.kind]
            table.add_row(Text(group, style="bold"))
        style = COLOURS[one.verdict] if one.verdict != "resident" else ""
        how = Text(verdict(one), style=style)
        cells = (named(one.label), how, duration(one.seconds.best) if one.seconds else "")
        table.add_row(f" {one.name}", *((one.size,) if wide else ()), *cells, *((moved(one),) if wide else ()), named(one.whole))
    return table


def named(label: str) -> str:
    """A precision's name for a column: `fp8 scaled`, `Q8_0`; a dash for none."""
    bare = label.removeprefix("GGUF ").removesuffix(" without scales")
    return bare.replace("(", "").replace(")", "") or NONE


def moved(one: Unlocked) -> str:
    """GiB that stream in a run that ends."""
    return f"{one.streamed / GIB:.0f}" if one.seconds and one.streamed > GIB / 2 else ""


def verdict(one: Unlocked) -> str:
    """How it runs in a few words: `streams`, `disk, 1.8x as long`, `fits, tight`."""
    slow = f", {one.slowdown.best:.1f}x" if one.slowdown and one.slowdown.best >= SHOWN_SLOWDOWN else ""
    return f"{SIGNS[one.verdict]}{slow}{', tight' if one.tight and one.seconds else ''}"


SHOWN_SLOWDOWN = 1.05


def paper(width: int, colour: bool) -> tuple[Any, io.StringIO]:
    """A rich console that writes to text."""
    from rich.console import Console

    out = io.StringIO()
    how: dict[str, Any] = {"force_terminal": colour, "no_color": not colour}
    return Console(file=out, width=width, highlight=False, emoji=False, markup=False, **how), out


def text_of(out: io.StringIO) -> str:
    """What was written, without spaces at the ends of lines."""
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())
