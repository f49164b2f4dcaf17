"""The commands about a workflow: how it will run, and what it stands for."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ..errors import InputError
from .front import app, columns, out
from .options import FileOptions, Json, MachineOptions, Workflow, grouped

SHOWN = 3  # changes that `check` names; `advise` names all


@app.command()
@grouped
def check(
    workflow: Workflow,
    on: MachineOptions,
    among: FileOptions,
    fail_on: Annotated[str, typer.Option(help="Exit with 1 at this verdict or a worse one.")] = "",
    as_json: Json = False,
) -> None:
    """Forecast a workflow: what stays in VRAM, what streams, where memory runs out, how long it takes."""
    from .. import api
    from ..forecast import VERDICTS
    from ..report import encode, render

    if fail_on and fail_on not in VERDICTS:
        raise InputError(
            f"no verdict is called `{fail_on}`", where="--fail-on", do=f"Use {', '.join(VERDICTS)}."
        )
    checked = api.check(
        workflow,
        on.machine(among.models_dir),
        among.files(workflow),
        outputs=among.output or (),
        definitions=among.definitions(),
        suggestions=SHOWN,
    )
    if as_json:
        out(encode(checked).decode())
    else:
        out(render(checked, width=columns(), colour=sys.stdout.isatty()).rstrip("\n"))
    if fail_on and VERDICTS.index(checked.forecast.verdict) >= VERDICTS.index(fail_on):
        raise typer.Exit(1)


@app.command()
@grouped
def graph(
    workflow: Workflow,
    among: FileOptions,
    steps: Annotated[bool, typer.Option("--steps", help="The steps that it comes to instead.")] = False,
    as_json: Json = False,
) -> None:
    """The flat API prompt that a saved workflow stands for, or its steps with their shapes."""
    import msgspec

    from ..workflow import read, using

    with using(among.definitions()):
        found = read(workflow).only(among.output) if among.output else read(workflow)
        if steps:
            from ..models.library import Library
            from ..report import lowered
            from ..workflow import lower

            work = lower(found, Library(among.files(workflow)))
            out(lowered.encode(work) if as_json else lowered.render(work, columns()))
            return
    prompt = msgspec.json.encode(found.prompt())
    out((prompt if as_json else msgspec.json.format(prompt)).decode())
