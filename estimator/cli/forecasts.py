"""The commands about a workflow: how it will run, and what it stands for."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import InputError
from .front import app, columns, out
from .options import FileOptions, Json, MachineOptions, Workflow, grouped

if TYPE_CHECKING:
    from ..advice import Checked


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
        suggestions=api.SHOWN,
    )
    if as_json:
        out(encode(checked).decode())
    else:
        out(render(checked, width=columns(), colour=sys.stdout.isatty()).rstrip("\n"))
    if fail_on and VERDICTS.index(checked.forecast.verdict) >= VERDICTS.index(fail_on):
        raise typer.Exit(1)


@app.command()
@grouped
def advise(
    workflow: Workflow,
    on: MachineOptions,
    among: FileOptions,
    codes: Annotated[
        list[str] | None,
        typer.Option("--apply", help="Make this suggestion, by its code; may be repeated."),
    ] = None,
    to: Annotated[Path | None, typer.Option("--out", help="Where the changed workflow is written.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    as_json: Json = False,
) -> None:
    """What would help: each change with how the workflow runs then; `--apply` makes it in the workflow."""
    from .. import api
    from ..advice.chosen import chosen
    from ..report import advice, applied, encode
    from .written import free, write

    if bool(codes) != bool(to):
        what = "no file to write to" if codes else "no suggestion to write"
        raise InputError(what, where="--apply" if codes else "--out", do="Give both --apply and --out.")
    target = free(to, workflow, force) if to else None
    machine, files, definitions = on.machine(among.models_dir), among.files(workflow), among.definitions()

    def forecast(path: Path, suggestions: int | None) -> Checked:
        """The forecast of one file with the options given."""
        return api.check(
            path,
            machine,
            files,
            outputs=among.output or (),
            definitions=definitions,
            suggestions=suggestions,
            always=True,
        )

    before = forecast(workflow, None)
    if target is None:
        shown = advice.render(before, columns(), sys.stdout.isatty())
        text = encode(before).decode() if as_json else shown
        out(text.rstrip("\n"))
        return
    made = [chosen(before.suggestions, code) for code in codes or ()]
    write(target, json_of(api.amended(workflow, made, definitions)))
    after = forecast(target, 0)
    out(applied.encode(made, target, after).decode() if as_json else applied.render(made, target, after))


def json_of(document: dict[str, Any]) -> bytes:
    """A workflow as a file, laid out as ComfyUI saves it."""
    import json

    return json.dumps(document, indent=2, ensure_ascii=False).encode()


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
