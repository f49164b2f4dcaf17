"""What one of ComfyUI's own model files holds."""

from pathlib import Path
from typing import NamedTuple

from .forecast import spoken
from .refusal import NoForecast


class Contents(NamedTuple):
    """A model file: as `inspect` prints it, its family, the bytes of its weights, and the type of most."""

    text: str
    family: str
    bytes: int
    dtype: str


def contents(path: Path | None, name: str) -> Contents:
    """What a file holds; read from its header. Raises `NoForecast` where it is not there or broken."""
    with spoken():
        from ...estimator.report.files import line
        from ...estimator.report.tree import inspect

        if path is None:
            raise NoForecast(f"{name or 'No file'} is not there. Choose a file and refresh with R.", 400)
        (report,) = inspect([path])
        if report.broken:
            raise NoForecast(line(report, name).replace(report.path, name), 400)
        most = max(report.by_dtype.items(), key=lambda one: one[1].bytes, default=("", None))[0]
        return Contents(line(report, name), report.family, report.weight_bytes, most)
