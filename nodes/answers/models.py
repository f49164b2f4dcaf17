"""What a model file holds, by ComfyUI's name of it."""

from pathlib import Path

from .files import ModelFiles
from .patience import within
from .refusal import NoForecast, spoken
from .settings import setting


def inspected(folder: str, name: str):
    """The report of one file of ComfyUI's own lists, which `path` is its name in. Raises `NoForecast`."""
    with spoken(), within(setting("seconds")):
        from msgspec.structs import replace

        from ...estimator.report import tree

        files = ModelFiles()
        path = listed(files, folder, name)
        (report,) = tree.inspect([path])
        problems = [replace(one, message=files.by_name(one.message)) for one in report.problems]
        return replace(report, path=name, problems=tuple(problems))


def listed(files: ModelFiles, folder: str, name: str) -> Path:
    """Where a file lies that is in one of ComfyUI's lists; no other is looked at."""
    if name not in files.names(folder):
        raise NoForecast(f"`{name}` is not in ComfyUI's folder `{folder}`. Ask for a name of its list.", 400)
    path = files(folder, name)
    if path is None:
        raise NoForecast(f"`{name}` is in ComfyUI's list, and no longer in the folder `{folder}`.", 400)
    return path
