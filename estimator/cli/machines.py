"""The commands about machines: the cards that are known, and the one at hand."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import InputError
from .front import app, columns, out
from .options import Comfy, Flags, Json, Models, Number, Torch

if TYPE_CHECKING:
    from ..charts.cards import Card

WHOLE = 3  # so many cards are told of in full, more in a table


@app.command()
def gpus(
    names: Annotated[list[str] | None, typer.Argument(help="Cards to show; without, those on sale.")] = None,
    compare: Annotated[tuple[str, str] | None, typer.Option(help="Two cards, side by side.")] = None,
    sort: Annotated[str, typer.Option(help="vram, bandwidth, tflops, balance, unlocks, ...")] = "vram",
    vendor: Annotated[str, typer.Option(help="Of one maker: nvidia, amd, intel or apple.")] = "",
    segment: Annotated[str, typer.Option(help="desktop, laptop, workstation, datacenter, unified.")] = "",
    min_vram: Annotated[float, typer.Option(help="With at least so many GB.")] = 0,
    everything: Annotated[bool, typer.Option("--all", help="All cards, unreleased ones too.")] = False,
    png: Annotated[Path | None, typer.Option(help="Write the chart as a picture.")] = None,
    as_json: Json = False,
) -> None:
    """Which card: its three keys, their grades, and how five reference workflows run on it."""
    from ..charts import cards as charts
    from ..charts import draw
    from ..report import cards as report
    from ..runtime.cards import card, cards

    if compare:
        beside(compare, png, as_json)
        return
    usual = not (names or vendor or segment or min_vram or everything)
    rows = (
        [card(name) for name in names or ()]
        if names
        else charts.chosen(vendor, segment, min_vram, everything)
    )
    if not rows:
        raise InputError("no card is like that", where="gpus", do="Ask for less, or for --all.")
    rows = popular() if png and usual else rows
    found = charts.ordered(map(rate, rows), sort)
    if png:
        from ..charts.cards_picture import picture

        draw.save(png, picture(found))
    if as_json:
        out(report.encode(found))
    elif png:
        out(f"Written: {png}")
    elif names and len(found) <= WHOLE:
        out("\n\n".join(map(told, found)))
    else:
        left = f"{len(found)} of {len(cards())} cards; --all shows laptops, workstations and all others."
        out(report.render(found, columns(), sys.stdout.isatty(), () if names or everything else (left,)))


def rate(row: dict[str, Any]) -> Card:
    """A card in the computer that charts put it in."""
    from ..charts.cards import rated
    from ..options import usual_machine

    return rated(row, usual_machine(row))


def told(card: Card) -> str:
    """All of one card as text."""
    from ..charts.levers import effects
    from ..options import usual_machine
    from ..report.card import render

    machine = usual_machine(card.row)
    return render(card, effects(card, machine) if machine else {}, columns(), sys.stdout.isatty())


def beside(names: tuple[str, str], png: Path | None, as_json: bool) -> None:
    """Two cards, side by side."""
    from ..charts.cards_beside import Beside
    from ..report import cards_beside as report
    from ..runtime.cards import card

    both = Beside(*(rate(card(name)) for name in names))
    if png:
        from ..charts import draw
        from ..charts.cards_pair import picture

        draw.save(png, picture(both))
    if png and not as_json:
        out(f"Written: {png}")
    else:
        out(report.encode(both) if as_json else report.render(both, columns(), sys.stdout.isatty()))


def popular() -> list[dict[str, Any]]:
    """The rows of the picture, where no others are asked for."""
    from .. import facts
    from ..runtime.cards import card

    return [card(name) for name in facts.table("charts/cards")["picture"]["cards"]]


@app.command()
def device(
    number: Number = None,
    comfy: Comfy = "",
    torch: Torch = "",
    flags: Flags = "",
    models_dir: Models = None,
    as_json: Json = False,
) -> None:
    """This machine: its cards, what is free on them and who holds the rest, its RAM, swap and disk."""
    from ..options import default_roots, described
    from ..report import device as report

    found = described(flags, number, comfy, torch, models_dir or default_roots())
    out(report.encode(found) if as_json else report.render(found))
