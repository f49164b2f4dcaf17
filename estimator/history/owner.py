"""Which process a run belongs to, and whether that still lives."""

from __future__ import annotations

import os
import platform


def owner() -> str:
    """This process as others know it: its computer, its number and when it began."""
    return f"{platform.node()}/{os.getpid()}/{began(os.getpid())}"


def began(number: int) -> str:
    """When the process of a number began, empty where there is none (numbers are used again)."""
    import psutil

    try:
        return f"{psutil.Process(number).create_time():.2f}"
    except psutil.Error:
        return ""


def gone(one: str) -> bool:
    """Whether the process has ended. Of another computer's that is not known, so it counts as alive."""
    computer, number, when = one.rsplit("/", 2)
    return computer == platform.node() and began(int(number)) != when
