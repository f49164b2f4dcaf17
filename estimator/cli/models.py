"""The commands about model files: what they hold, and what they work in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .front import app, out
from .options import Json


@app.command()
def inspect(
    files: Annotated[list[Path], typer.Argument(help="Model files, or folders of them.")],
    sort: Annotated[str, typer.Option(help="name, size or family.")] = "name",
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Read every file again.")] = False,
    as_json: Json = False,
) -> None:
    """What model files hold: role, family, parameters, bytes by element type; folders with their totals."""
    from ..facts import user_folder
    from ..report import tree

    found = tree.inspect(files, sort, None if no_cache else user_folder() / "inspect.json")
    out(tree.encode(found) if as_json else tree.render(found, by_folder=sort == "name"))
    if any(one.broken for one in found):
        raise typer.Exit(2)


@app.command()
def trace(
    file: Annotated[Path, typer.Argument(help="A model file: its header is all that is read.")],
    shape: Annotated[
        str, typer.Option(help="One latent as 1x16x128x128 (batch, channels, sizes) instead of a law.")
    ] = "",
    text: Annotated[int, typer.Option(help="Text tokens beside --shape; without it, the usual number.")] = 0,
    as_json: Json = False,
) -> None:
    """Trace what a model works in, with the ComfyUI that COMFYUI_PATH names; no card, no weights."""
    from ..options import comfyui_path, latent
    from ..report import traced as report
    from ..trace.file import trace as run

    found = run(file, comfyui_path(), latent(shape, text))
    out(report.encode(found) if as_json else report.render(found))
