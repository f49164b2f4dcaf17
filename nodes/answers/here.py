"""A forecast for the machine that this ComfyUI runs on: the one edge between ComfyUI and the estimator.

Whatever goes wrong behind it becomes one sentence: ComfyUI goes on, and so does the user's prompt.
"""

import logging
import sys
from functools import cache
from pathlib import Path
from typing import Any

from ..host import Seen, host

logger = logging.getLogger("vram_forecast")

Workflow = bytes | dict[str, Any]
REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements.txt"


class NoForecast(Exception):
    """Why there is none, in one sentence; `status` as HTTP has it: 400 for bad input, 500 for a defect."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


def as_json(workflow: Workflow) -> bytes:
    """The forecast of a workflow here and now, in the JSON of the command line. Raises `NoForecast`."""
    return shown("encode", workflow)


def as_text(workflow: Workflow) -> str:
    """The forecast of a workflow here and now, for people. Raises `NoForecast`."""
    return shown("render", workflow)


class ModelFiles:
    """A finder of files for the estimator: by ComfyUI's own folders."""

    def __call__(self, folder: str, name: str) -> Path | None:
        """The file that a loader's widget names."""
        return host().resolve(folder, name)

    def names(self, folder: str) -> tuple[str, ...]:
        """The files in one of ComfyUI's folders."""
        return host().names(folder)


def shown(form: str, workflow: Workflow):
    """A forecast in one of the estimator's forms. The estimator is imported here, not at ComfyUI's start."""
    try:
        from ... import estimator
        from ...estimator.errors import InputError
    except ImportError as error:
        install = f"{sys.executable} -m pip install -r {REQUIREMENTS}"
        raise NoForecast(f"{error}. Run `{install}` and restart ComfyUI.", 500) from error
    try:
        checked = estimator.check(workflow, machine(host().look()), ModelFiles(), definitions=definitions())
        return getattr(estimator, form)(checked)
    except InputError as error:
        raise NoForecast(str(error), 400) from None
    except Exception as error:
        logger.exception("VRAM Forecast: this prompt could not be forecast")
        raise NoForecast("This prompt could not be forecast; ComfyUI's log has the error.", 500) from error


@cache
def definitions():
    """What this ComfyUI says of its node types; each is asked once."""
    from ... import estimator

    return estimator.from_server(host().describe)


def machine(seen: Seen):
    """The estimator's machine: the host's own numbers, and its card's known speed.

    What is held is measured, and this process's CUDA context is in it.
    """
    import msgspec

    from ...estimator import Host, Machine, Policy
    from ...estimator.runtime.cards import device_seen
    from ...estimator.runtime.probe import Card
    from ...estimator.units import Estimate

    held = seen.vram_total - seen.vram_free
    device = msgspec.structs.replace(
        device_seen(
            Card(seen.device, seen.vendor, seen.vram_total, seen.vram_free, unified=seen.vendor == "apple"),
            (seen.ram_total, seen.ram_free),
        ),
        free=seen.vram_free,
        taken=Estimate(held, held, held, "measured"),
        compute_capability=seen.compute_capability,
    )
    return Machine(
        device,
        Host(seen.os, seen.ram_total, seen.ram_free),
        Policy(seen.comfy, seen.dynamic_vram, seen.flags, seen.torch),
    )
