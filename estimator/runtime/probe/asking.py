"""Asking drivers and tools that may be missing, hang, fail or print anything, in bounded time."""

from __future__ import annotations

import contextlib
import math
import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from ... import facts

T = TypeVar("T")


def within(ask: Callable[[], T], otherwise: T) -> T:
    """The answer, or `otherwise` where it fails or takes longer than a driver may.

    Drivers raise classes of their own, and a hung one never returns: it is left behind in its thread.
    """
    answers: list[T] = []

    def run() -> None:
        with contextlib.suppress(Exception):
            answers.append(ask())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds() + 0.2)  # a tool that was ended just in time has a moment to say so
    return answers[0] if answers else otherwise


def told(ask: Callable[..., Any], *arguments: Any) -> Any:
    """What a driver's function answers; None where it refuses, whatever class of error it has for that."""
    try:
        return ask(*arguments)
    except Exception:
        return None


def output(*command: str) -> str:
    """What a tool prints; empty where it is missing, fails, hangs or prints without end."""
    tool = shutil.which(command[0])
    return within(lambda: printed(tool, *command[1:]), "") if tool else ""


def printed(tool: str, *arguments: str) -> str:
    """The same of a program that there is; it and what it started are ended when their time is over."""
    most: int = facts.table("probe")["limits"]["tool_bytes"]
    with subprocess.Popen(
        (tool, *arguments),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    ) as process:
        watch = threading.Timer(seconds(), end, (process,))
        watch.start()
        try:
            content = process.stdout.read(most) if process.stdout else b""
            if len(content) == most:
                end(process)
            code = process.wait()
        finally:
            watch.cancel()
    return "" if code else content.decode("utf-8", "replace")


def end(process: subprocess.Popen[bytes]) -> None:
    """End a program with what it started in its own session; Windows ends the program alone."""
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def json_output(*command: str) -> Any:
    """The JSON that a tool prints, after whatever warning it prints first; None where there is none."""
    text = output(*command)
    starts = [text.find(bracket) for bracket in "[{" if bracket in text]
    if not starts:
        return None
    try:
        return msgspec.json.decode(text[min(starts) :])
    except (msgspec.MsgspecError, RecursionError):
        return None


def text_of(path: Path) -> str:
    """A small file of the kernel's; empty where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(65536).decode("utf-8", "replace").strip()
    except (OSError, ValueError):
        return ""


def number(value: Any) -> float | None:
    """The number that a tool means by `24564`, `"16.0 GT/s"` or `{"value": 3, "unit": "MB"}`, else None."""
    if isinstance(value, dict):
        value = value.get("value")
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str):
        found = re.match(r"\s*(\d{1,20}(?:\.\d{1,9})?)(?![\w.]*\d)", value)
        value = float(found.group(1)) if found else -1
    return float(value) if 0 <= value < math.inf else None


def whole(value: Any, unit: int = 1) -> int | None:
    """The same as whole bytes, counted in `unit`; nothing larger than any memory is believed."""
    found = number(value)
    return round(found * unit) if found is not None and found * unit < 1 << 60 else None


def seconds() -> float:
    """How long a driver or a tool may take."""
    limit: float = facts.table("probe")["limits"]["tool_seconds"]
    return limit
