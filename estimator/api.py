"""The library's front door: a workflow and a machine in, a forecast with suggestions out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .advice import Checked, suggest
from .forecast import Forecast, run
from .models.library import Files, Library
from .runtime import Machine
from .workflow import Definitions, Graph, lower, read, using


def check(
    workflow: Path | bytes | dict[str, Any],
    machine: Machine,
    files: Files,
    *,
    outputs: Sequence[str] = (),
    definitions: Definitions | None = None,
) -> Checked:
    """The forecast of a workflow on a machine.

    `workflow`: a path, the bytes of a file, or a decoded API prompt or saved graph. `files(folder, name)`:
    the path of a model file by ComfyUI's folder name, of a picture or video by `input`, or None. `outputs`:
    the ids of the nodes that are asked for; all without. `definitions`: those of a server, which win over
    the shipped ones. Raises `InputError` where the workflow or one of its files cannot be used.
    """
    library = Library(files)

    def forecast(changed: Graph) -> Forecast:
        return run(lower(changed, library), machine)

    with using(definitions):
        graph = read(workflow).only(outputs) if outputs else read(workflow)
        first = forecast(graph)
        return Checked(first, suggest(graph, first, forecast))
