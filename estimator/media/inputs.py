"""Where the files lie that a workflow takes in: ComfyUI's input folder, or where a name says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

# How a name says that it is in another folder (ComfyUI 0.33.0 folder_paths.py:257); a space stands before it.
ELSEWHERE = ("output", "input", "temp")


def in_input_folders(roots: tuple[Path, ...]) -> Callable[[str], Path | None]:
    """A finder over input folders.

    A name may have a folder before it and `[output]` behind it; one that leads out of there finds nothing.
    """

    def find(name: str) -> Path | None:
        folder, plain = annotated(name)
        tried = (root.parent / folder if folder else root for root in roots)
        return next((path for root in tried if (path := inside(root, plain))), None)

    return find


def annotated(name: str) -> tuple[str, str]:
    """The folder that a name says it is in, empty for none, and the name without that."""
    for folder in ELSEWHERE:
        if name.endswith(f"[{folder}]"):
            return folder, name[: -len(folder) - 3]
    return "", name


def inside(root: Path, name: str) -> Path | None:
    """The file of a name under a folder; None where there is none, or the name leads out of it."""
    try:
        path = (root / name).resolve()
        return path if path.is_relative_to(root.resolve()) and path.is_file() else None
    except (OSError, ValueError, RuntimeError):  # zero bytes, links in a circle, names too long
        return None
