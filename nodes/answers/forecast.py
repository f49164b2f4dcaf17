"""The forecast of a workflow on the machine that this ComfyUI runs on.

Whatever goes wrong behind it becomes one sentence: ComfyUI goes on, and so does the user's prompt.
"""

import logging
import sys
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .. import host, tracing
from .files import ModelFiles, definitions
from .machine import machine
from .refusal import NoForecast

logger = logging.getLogger("vram_forecast")

Workflow = bytes | dict[str, Any]
REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements.txt"


def checked(workflow: Workflow, *, outputs: Sequence[str] = (), suggestions: int | None = 0):
    """The forecast of a workflow here and now, an `estimator.Checked`. Raises `NoForecast`.

    `workflow`: the bytes of a file, or a decoded API prompt or saved graph; `outputs`: the ids of the nodes
    that are asked for, all without; `suggestions`: how many changes that help are looked for at most, each of
    which takes some forecasts; None for as many as there are. In whatever thread it is called.
    """
    with spoken():
        from ... import estimator

        files = ModelFiles()
        found = estimator.check(
            workflow,
            machine(host.host().look()),
            files,
            outputs=outputs,
            definitions=definitions(),
            suggestions=suggestions,
        )
        tracing.wanted(found.forecast.components, files.found)
        return found


@contextmanager
def spoken():
    """Whatever is raised within is a `NoForecast`; a defect is also in ComfyUI's log, with its traceback."""
    try:
        from ...estimator.errors import InputError
    except ImportError as error:
        install = f"{sys.executable} -m pip install -r {REQUIREMENTS}"
        raise NoForecast(f"{error}. Run `{install}` and restart ComfyUI.", 500) from error
    try:
        yield
    except NoForecast:
        raise
    except InputError as error:
        raise NoForecast(str(error), 400) from None
    except Exception as error:
        logger.exception("VRAM Forecast: this prompt could not be forecast")
        raise NoForecast("This prompt could not be forecast; ComfyUI's log has the error.", 500) from error
