"""The library's front door: a workflow and a machine in, a forecast with suggestions out."""

from __future__ import annotations

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
    definitions: Definitions | None = None,
) -> Checked:
    """The forecast of a workflow on a machine.

    `workflow`: a path, JSON text, or a decoded API prompt or saved graph. `files(folder, name)`: the path
    of a model file by ComfyUI's folder name, or None. `definitions`: those of a server, which win over the
    shipped ones. Raises `InputError` where the workflow or one of its files cannot be used.
    """
    library = Library(files)

    def forecast(changed: Graph) -> Forecast:
        return run(lower(changed, library), machine)

    with using(definitions):
        graph = read(workflow)
        first = forecast(graph)
        return Checked(first, suggest(graph, first, forecast))
