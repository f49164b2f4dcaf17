"""Why there is no answer, in one sentence: whatever goes wrong, ComfyUI and the user's prompt go on."""

import logging
import sys
from contextlib import contextmanager
from pathlib import Path

logger = logging.getLogger("vram_forecast")

REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements.txt"
DEFECT = "This could not be forecast; ComfyUI's log has the error."

logged: set[tuple[str, str, int]] = set()


class NoForecast(Exception):
    """Why there is none, in one sentence; `status` as HTTP has it: 400 for bad input, 500 for a defect,
    503 where too much is asked at once, 504 where it takes too long.
    """

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


@contextmanager
def spoken():
    """Whatever is raised within is a `NoForecast`; a defect's traceback is in ComfyUI's log, once."""
    try:
        # Of the package, not of its module `errors`: that stays imported where the package fails later.
        from ...estimator import InputError
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
        log(error)
        raise NoForecast(DEFECT, 500) from error


def log(error: Exception) -> None:
    """Log a defect; one that was logged before is told of in debug mode only."""
    last = error.__traceback__
    while last and last.tb_next:
        last = last.tb_next
    code, line = (last.tb_frame.f_code.co_filename, last.tb_lineno) if last else ("", 0)
    place = (type(error).__name__, code, line)
    write = logger.debug if place in logged else logger.error
    logged.add(place)
    write("VRAM Forecast: this could not be forecast", exc_info=error)
