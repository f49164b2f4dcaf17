"""The library's front door: a workflow and a machine in, a forecast with suggestions out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .advice import Case, Checked, Suggestion, suggest
from .advice import limits as most
from .models.library import Files, Library
from .runtime import Machine
from .workflow import Definitions, read, using

SHOWN = 3  # changes that `check` names where nobody says how many; `advise` names all


def amended(
    workflow: Path | bytes | dict[str, Any],
    suggestions: Sequence[Suggestion],
    definitions: Definitions | None = None,
) -> dict[str, Any]:
    """The workflow with suggestions made in it, one after the other, as ComfyUI can load it again.

    A drawn workflow stays drawn, with all that the suggestions do not change; of a picture or video it is
    what was drawn if that is what ran, else the prompt. `workflow`, `definitions`: as of `check`. Raises
    `InputError` for a change that cannot be made without changing more.
    """
    from .workflow.amend import amend, document_of

    with using(definitions):
        document = document_of(workflow)
        for one in suggestions:
            document = amend(document, one.edits, one.downloads)
        return document


def check(
    workflow: Path | bytes | dict[str, Any],
    machine: Machine,
    files: Files,
    *,
    outputs: Sequence[str] = (),
    definitions: Definitions | None = None,
    suggestions: int | None = None,
    always: bool = False,
) -> Checked:
    """The forecast of a workflow on a machine.

    `workflow`: a path, the bytes of a file, or a decoded API prompt or saved graph. `files(folder, name)`:
    the path of a model file by ComfyUI's folder name, of a picture or video by `input`, or None. `outputs`:
    the ids of the nodes that are asked for; all without. `definitions`: those of a server, which win over
    the shipped ones. `suggestions`: how many changes that would help are looked for at most; each takes some
    forecasts, so that none (0) is quickest. `always`: also of a workflow that runs well, where only what is
    clearly quicker counts. Raises `InputError` where the workflow or one of its files cannot be used.
    """
    with using(definitions):
        graph = read(workflow).only(outputs) if outputs else read(workflow)
        case = Case(graph, machine, Library(files))
        return Checked(case.forecast, () if suggestions == 0 else suggest(case, suggestions, always))


def limits(
    workflow: Path | bytes | dict[str, Any],
    machine: Machine,
    files: Files,
    *,
    slowdown: float | None = None,
    outputs: Sequence[str] = (),
    definitions: Definitions | None = None,
) -> most.Limits:
    """The largest size, the most frames, seconds and batch of a workflow that a machine bears.

    `slowdown`: how many times as long as with all weights on the card still counts as quick; without it, the
    one of `data/limits.toml`. The rest is as in `check`. Raises `InputError` as that does.
    """
    with using(definitions):
        graph = read(workflow).only(outputs) if outputs else read(workflow)
        return most.limits(Case(graph, machine, Library(files)), slowdown)
