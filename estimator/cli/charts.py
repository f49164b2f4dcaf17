"""The command about families of models: how much VRAM each needs, and what a card unlocks."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ..errors import InputError
from .front import app, columns, out
from .options import Json


@app.command()
def models(
    gpu: Annotated[str, typer.Option(help="What this card unlocks; by name, as `gpus` lists it.")] = "",
    vram: Annotated[float, typer.Option(help="What a card of so many GiB unlocks, instead of --gpu.")] = 0,
    ram: Annotated[float, typer.Option(help="RAM in GiB; 64 without.")] = 0,
    png: Annotated[Path | None, typer.Option(help="Write the chart as a picture.")] = None,
    as_json: Json = False,
) -> None:
    """How much VRAM each family of models needs at its usual size, or what one card unlocks."""
    from ..charts import unlocked
    from ..charts.machines import reference, sized
    from ..options import amounts
    from ..report import unlocks as report

    amounts(vram=vram, ram=ram)
    if gpu and vram:
        raise InputError("names a card's size too", where="--vram", do="Give --gpu or --vram.")
    machine = sized(reference(ram), vram) if vram else reference(ram, gpu) if gpu else None
    found = unlocked.unlocked(machine) if machine else ()
    if png:
        from ..charts import draw, unlocks_picture

        draw.save(png, unlocks_picture.card(found, machine) if machine else unlocks_picture.needed(ram))
    if as_json:
        out(report.encode_card(found, machine) if machine else report.encode(ram))
    elif machine:
        out(report.render_card(found, machine, columns(), sys.stdout.isatty()))
    else:
        out(report.render(ram, columns(), sys.stdout.isatty()))
