"""The command that says how large, how long and how many a workflow can ask for."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ..errors import InputError
from .front import app, columns, out
from .options import FileOptions, Json, MachineOptions, Workflow, grouped


@app.command()
@grouped
def limits(
    workflow: Workflow,
    on: MachineOptions,
    among: FileOptions,
    slowdown: Annotated[
        float | None, typer.Option(help="How many times as long as with all on the card is still quick.")
    ] = None,
    as_json: Json = False,
) -> None:
    """The largest size, the most frames and the largest batch that stay on the card, run fast, run at all."""
    from .. import api
    from ..report import limits as report

    if slowdown is not None and not slowdown >= 1:
        raise InputError(
            "it is never quicker than with all on the card", where="--slowdown", do="Use 1 or more."
        )
    found = api.limits(
        workflow,
        on.machine(among.models_dir),
        among.files(workflow),
        slowdown=slowdown,
        outputs=among.output or (),
        definitions=among.definitions(),
    )
    if as_json:
        out(report.encode(found))
    else:
        out(report.render(found, columns(), sys.stdout.isatty()).rstrip("\n"))
