"""The command line. Each command imports what it needs, to start quickly."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from ._version import __version__
from .errors import InputError

app = typer.Typer(
    name="vram-forecast",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="How a ComfyUI workflow will run on a card, before you queue it.",
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Workflow = Annotated[
    Path,
    typer.Argument(help="A workflow: API prompt or saved graph, as JSON or in a file that ComfyUI made."),
]
Inputs = Annotated[list[Path] | None, typer.Option(help="An input folder; may be repeated.")]
Output = Annotated[
    list[str] | None, typer.Option("--output", help="Only what this node needs; may be repeated.")
]

Number = Annotated[
    int | None, typer.Option("--device", help="Which of this machine's cards, as `device` numbers them.")
]
ObjectInfo = Annotated[
    Path | None, typer.Option(help="A server's node definitions: what GET /object_info answers, saved.")
]


def main() -> None:
    """Run the command line; bad input is one line on stderr and exit code 2."""
    try:
        code = app(standalone_mode=False)
    except InputError as error:
        refuse(str(error))
    except BrokenPipeError:
        sys.exit(0)
    except Exception as error:
        if not hasattr(error, "format_message"):  # typer's own errors of usage, under whatever name
            raise
        said = error.format_message().rstrip(".")
        refuse(f"{said}. See vram-forecast --help." if said else "")
    sys.exit(code or 0)


def refuse(line: str) -> NoReturn:
    """Say in one line what was wrong, and exit with 2."""
    sys.stderr.write(" ".join(line.split()) + "\n" if line else "")
    sys.exit(2)


@app.callback(invoke_without_command=True)
def version(show: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """How a ComfyUI workflow will run on a card, before you queue it."""
    if show:
        typer.echo(f"vram-forecast {__version__}")
        raise typer.Exit


@app.command()
def check(
    workflow: Workflow,
    gpu: Annotated[str, typer.Option(help="A card by name, as `gpus` lists it.")] = "",
    vram: Annotated[float, typer.Option(help="The card's memory in GiB, instead of --gpu.")] = 0,
    free: Annotated[float, typer.Option(help="GiB of it that are free now.")] = 0,
    number: Number = None,
    ram: Annotated[float, typer.Option(help="RAM in GiB; without it, this machine's.")] = 0,
    swap: Annotated[float | None, typer.Option(help="Swap or page file in GiB.")] = None,
    disk: Annotated[str, typer.Option(help="What the models lie on: nvme, ssd or hdd.")] = "",
    system: Annotated[str, typer.Option("--os", help="linux, windows, wsl or macos.")] = "",
    comfy: Annotated[str, typer.Option(help="ComfyUI's version.")] = "",
    torch: Annotated[str, typer.Option(help="torch's version.")] = "",
    flags: Annotated[str, typer.Option(help='ComfyUI\'s start-up flags, as "--reserve-vram 1".')] = "",
    models_dir: Annotated[list[Path] | None, typer.Option(help="A models folder; may be repeated.")] = None,
    extra_model_paths: Annotated[Path | None, typer.Option(help="ComfyUI's extra_model_paths.yaml.")] = None,
    input_dir: Inputs = None,
    output: Output = None,
    object_info: ObjectInfo = None,
    fail_on: Annotated[str, typer.Option(help="Exit with 1 at this verdict or a worse one.")] = "",
    as_json: Json = False,
) -> None:
    """Forecast a workflow: what stays in VRAM, what streams, where memory runs out, how long it takes."""
    from . import api
    from .forecast import VERDICTS
    from .options import default_roots, definitions, finder, machine
    from .report import encode, render

    if fail_on and fail_on not in VERDICTS:
        raise InputError(
            f"no verdict is called `{fail_on}`", where="--fail-on", do=f"Use {', '.join(VERDICTS)}."
        )
    here = machine(
        gpu=gpu,
        vram=vram,
        free=free,
        ram=ram,
        system=system,
        comfy=comfy,
        torch=torch,
        flags=flags,
        number=number,
        swap=swap,
        disk=disk,
        models=models_dir or default_roots(),
    )
    files = finder(models_dir or [], extra_model_paths, input_dir or [], workflow)
    checked = api.check(workflow, here, files, outputs=output or (), definitions=definitions(object_info))
    if as_json:
        out(encode(checked).decode())
    else:
        out(render(checked, width=columns(), colour=sys.stdout.isatty()).rstrip("\n"))
    if fail_on and VERDICTS.index(checked.forecast.verdict) >= VERDICTS.index(fail_on):
        raise typer.Exit(1)


@app.command()
def graph(
    workflow: Workflow,
    steps: Annotated[bool, typer.Option("--steps", help="The steps that it comes to instead.")] = False,
    output: Output = None,
    models_dir: Annotated[list[Path] | None, typer.Option(help="A models folder; may be repeated.")] = None,
    extra_model_paths: Annotated[Path | None, typer.Option(help="ComfyUI's extra_model_paths.yaml.")] = None,
    input_dir: Inputs = None,
    object_info: ObjectInfo = None,
    as_json: Json = False,
) -> None:
    """The flat API prompt that a saved workflow stands for, or its steps with their shapes."""
    import msgspec

    from .options import definitions
    from .workflow import read, using

    with using(definitions(object_info)):
        found = read(workflow).only(output) if output else read(workflow)
        if steps:
            from .models.library import Library
            from .options import finder
            from .report import lowered
            from .workflow import lower

            files = finder(models_dir or [], extra_model_paths, input_dir or [], workflow)
            work = lower(found, Library(files))
            out(lowered.encode(work) if as_json else lowered.render(work, columns()))
            return
    prompt = msgspec.json.encode(found.prompt())
    out((prompt if as_json else msgspec.json.format(prompt)).decode())


@app.command()
def inspect(
    files: Annotated[list[Path], typer.Argument(help="Model files, or folders of them.")],
    sort: Annotated[str, typer.Option(help="name, size or family.")] = "name",
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Read every file again.")] = False,
    as_json: Json = False,
) -> None:
    """What model files hold: role, family, parameters, bytes by element type; folders with their totals."""
    from .facts import user_folder
    from .report import tree

    found = tree.inspect(files, sort, None if no_cache else user_folder() / "inspect.json")
    out(tree.encode(found) if as_json else tree.render(found, by_folder=sort == "name"))
    if any(one.broken for one in found):
        raise typer.Exit(2)


@app.command()
def gpus(
    names: Annotated[list[str] | None, typer.Argument(help="Cards to show; all without.")] = None,
    as_json: Json = False,
) -> None:
    """The cards that forecasts can be made for."""
    from .report import cards as report
    from .runtime.cards import card, cards

    rows = [card(name) for name in names] if names else cards()
    out(report.encode(rows) if as_json else report.render(rows, columns()))


@app.command()
def device(
    number: Number = None,
    comfy: Annotated[str, typer.Option(help="ComfyUI's version.")] = "",
    torch: Annotated[str, typer.Option(help="torch's version.")] = "",
    flags: Annotated[str, typer.Option(help='ComfyUI\'s start-up flags, as "--cuda-device 1".')] = "",
    models_dir: Annotated[list[Path] | None, typer.Option(help="A models folder; may be repeated.")] = None,
    as_json: Json = False,
) -> None:
    """This machine: its cards, what is free on them and who holds the rest, its RAM, swap and disk."""
    from .options import default_roots, described
    from .report import device as report

    found = described(flags, number, comfy, torch, models_dir or default_roots())
    out(report.encode(found) if as_json else report.render(found))


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
    from .options import comfyui_path, latent
    from .report import traced as report
    from .trace.file import trace as run

    found = run(file, comfyui_path(), latent(shape, text))
    out(report.encode(found) if as_json else report.render(found))


def columns() -> int:
    """The terminal's width, 100 where there is none."""
    import shutil

    return shutil.get_terminal_size((100, 24)).columns


def out(text: Any) -> None:
    """Print a result."""
    sys.stdout.write(f"{text}\n")
