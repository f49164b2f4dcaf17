"""Processes by name: what people would call the programs that hold a card's memory."""

from __future__ import annotations

from pathlib import PureWindowsPath
from typing import Any

from ... import facts

COMFYUI = "ComfyUI"


def name_of(pid: int, path: str = "") -> str:
    """A program's name: from the system, else from the `path` a driver gave, else its number.

    A Python that runs ComfyUI's `main.py` is called ComfyUI.
    """
    found, arguments = seen(pid)
    name = found or PureWindowsPath(path).name
    if name.lower().startswith("python") and runs_comfyui(arguments):
        return COMFYUI
    return called(name) or f"process {pid}"


def seen(pid: int) -> tuple[str, list[str]]:
    """A process's name and command line; empty where it has ended or may not be looked at."""
    try:
        import psutil

        process = psutil.Process(pid)
        return str(process.name()), arguments_of(process)
    except Exception:  # psutil's own errors, an import that fails, a pid that is no number
        return "", []


def arguments_of(process: Any) -> list[str]:
    """A process's command line, and the folder it runs in; empty where it may not be looked at."""
    try:
        return [*process.cmdline(), process.cwd()]
    except Exception:
        return []


def runs_comfyui(arguments: list[str]) -> bool:
    """Whether a Python's command line is that of a ComfyUI."""
    main = any(one.replace("\\", "/").rsplit("/", 1)[-1] == "main.py" for one in arguments)
    return main and any("comfyui" in one.lower() for one in arguments)


def called(name: str) -> str:
    """What people call a program: `chrome.exe` is Chrome."""
    stem = name[:-4] if name.lower().endswith(".exe") else name
    known: dict[str, str] = facts.table("probe")["programs"]
    return known.get(stem.lower(), stem) if stem.lower() != "source" else stem
