"""Where files lie and what node types are, as this ComfyUI says; in the estimator's forms."""

from functools import lru_cache
from pathlib import Path

from .. import host


class ModelFiles:
    """A finder of files for the estimator, by ComfyUI's own folders; what it `found` it keeps by name."""

    def __init__(self) -> None:
        self.found: dict[str, Path] = {}

    def __call__(self, folder: str, name: str) -> Path | None:
        """The file that a loader's widget names."""
        path = host.host().resolve(folder, name)
        if path:
            self.found[name] = path
        return path

    def names(self, folder: str) -> tuple[str, ...]:
        """The files in one of ComfyUI's folders."""
        return host.host().names(folder)


def definitions():
    """What this ComfyUI says of its node types; each is asked once."""
    return definitions_of(host.host())


@lru_cache(maxsize=1)
def definitions_of(comfyui: host.Host):
    """What one ComfyUI says of its node types."""
    from ... import estimator

    return estimator.from_server(comfyui.describe)
