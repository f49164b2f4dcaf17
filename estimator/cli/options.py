"""Options that several commands share, and how a command takes them together."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

if TYPE_CHECKING:
    from ..models.library import Files
    from ..runtime import Machine
    from ..workflow import Definitions

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Workflow = Annotated[
    Path,
    typer.Argument(help="A workflow: API prompt or saved graph, as JSON or in a file that ComfyUI made."),
]
Number = Annotated[
    int | None, typer.Option("--device", help="Which of this machine's cards, as `device` numbers them.")
]
Comfy = Annotated[str, typer.Option(help="ComfyUI's version.")]
Torch = Annotated[str, typer.Option(help="torch's version.")]
Flags = Annotated[str, typer.Option(help='ComfyUI\'s start-up flags, as "--reserve-vram 1".')]
Models = Annotated[list[Path] | None, typer.Option(help="A models folder; may be repeated.")]


@dataclass
class MachineOptions:
    """The machine that a command answers for; what is left out is this one's own."""

    gpu: Annotated[str, typer.Option(help="A card by name, as `gpus` lists it.")] = ""
    vram: Annotated[float, typer.Option(help="The card's memory in GiB, instead of --gpu.")] = 0
    free: Annotated[float, typer.Option(help="GiB of it that are free now.")] = 0
    number: Number = None
    ram: Annotated[float, typer.Option(help="RAM in GiB; without it, this machine's.")] = 0
    swap: Annotated[float | None, typer.Option(help="Swap or page file in GiB.")] = None
    disk: Annotated[str, typer.Option(help="What the models lie on: nvme, ssd or hdd.")] = ""
    system: Annotated[str, typer.Option("--os", help="linux, windows, wsl or macos.")] = ""
    comfy: Comfy = ""
    torch: Torch = ""
    flags: Flags = ""

    def machine(self, models: list[Path] | None = None) -> Machine:
        """What they describe. `models`: where models lie, whose disk counts. Raises `InputError`."""
        from ..options import default_roots, machine

        return machine(**vars(self), models=models or default_roots())


@dataclass
class FileOptions:
    """Where the files of a workflow lie, and what of it is asked for."""

    models_dir: Models = None
    extra_model_paths: Annotated[Path | None, typer.Option(help="ComfyUI's extra_model_paths.yaml.")] = None
    input_dir: Annotated[list[Path] | None, typer.Option(help="An input folder; may be repeated.")] = None
    output: Annotated[
        list[str] | None, typer.Option("--output", help="Only what this node needs; may be repeated.")
    ] = None
    object_info: Annotated[
        Path | None, typer.Option(help="A server's node definitions: what GET /object_info answers, saved.")
    ] = None

    def files(self, workflow: Path | None = None) -> Files:
        """The finder of model files, and of inputs beside `workflow`. Raises `InputError`."""
        from ..options import finder

        return finder(self.models_dir or [], self.extra_model_paths, self.input_dir or [], workflow)

    def definitions(self) -> Definitions | None:
        """A server's node definitions, if given. Raises `InputError` for a file of another form."""
        from ..options import definitions

        return definitions(self.object_info)


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """A command whose parameters of the classes above are options of their own on the command line."""
    hints, taken = get_type_hints(command, include_extras=True), inspect.signature(command).parameters
    groups = {name: hints[name] for name in taken if hints[name] in (MachineOptions, FileOptions)}
    shown: dict[str, inspect.Parameter] = {}
    for name, parameter in taken.items():
        if name in groups:
            shown |= {one.name: one for one in options_of(groups[name])}
        else:
            shown[name] = parameter.replace(
                annotation=hints[name], kind=inspect.Parameter.POSITIONAL_OR_KEYWORD
            )

    def run(**given: Any) -> None:
        built = {
            name: kind(**{field.name: given.pop(field.name) for field in fields(kind)})
            for name, kind in groups.items()
        }
        command(**built, **given)

    run.__name__, run.__doc__ = command.__name__, command.__doc__
    run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        sorted(shown.values(), key=lambda one: one.default is not inspect.Parameter.empty)
    )
    run.__annotations__ = {name: one.annotation for name, one in shown.items()}
    return run


def options_of(kind: type) -> list[inspect.Parameter]:
    """A group's fields as parameters of a function."""
    hints = get_type_hints(kind, include_extras=True)
    return [
        inspect.Parameter(
            one.name, inspect.Parameter.KEYWORD_ONLY, default=one.default, annotation=hints[one.name]
        ).replace(kind=inspect.Parameter.POSITIONAL_OR_KEYWORD)
        for one in fields(kind)
    ]
