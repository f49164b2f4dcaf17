"""The library's front door: a workflow and a machine in, a forecast out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .forecast import Forecast, run
from .models.library import Files, Library
from .runtime import Machine
from .workflow import lower, read


def check(workflow: Path | bytes | dict[str, Any], machine: Machine, files: Files) -> Forecast:
    """The forecast of a workflow on a machine.

    `workflow`: a path, JSON text, or a decoded API prompt or saved graph. `files(folder, name)`: the path
    of a model file by ComfyUI's folder name, or None. Raises `InputError` where the workflow or one of its
    files cannot be used.
    """
    return run(lower(read(workflow), Library(files)), machine)
