"""The commands about machines: the cards that are known, and the one at hand."""

from __future__ import annotations

from typing import Annotated

import typer

from .front import app, columns, out
from .options import Comfy, Flags, Json, Models, Number, Torch


@app.command()
def gpus(
    names: Annotated[list[str] | None, typer.Argument(help="Cards to show; all without.")] = None,
    as_json: Json = False,
) -> None:
    """The cards that forecasts can be made for."""
    from ..report import cards as report
    from ..runtime.cards import card, cards

    rows = [card(name) for name in names] if names else cards()
    out(report.encode(rows) if as_json else report.render(rows, columns()))


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
