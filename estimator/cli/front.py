"""The command line's front: the app that commands are registered with, and how it ends."""

from __future__ import annotations

import shutil
import sys
from typing import Annotated, Any, NoReturn

import typer

from .._version import __version__
from ..errors import InputError

app = typer.Typer(
    name="vram-forecast",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="How a ComfyUI workflow will run on a card, before you queue it.",
)


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


def columns() -> int:
    """The terminal's width, 100 where there is none."""
    return shutil.get_terminal_size((100, 24)).columns


def out(text: Any) -> None:
    """Print a result."""
    sys.stdout.write(f"{text}\n")
