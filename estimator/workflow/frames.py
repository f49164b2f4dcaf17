"""Which nodes lie in which frame: those whose middle does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .board import Board, Live
from .object_info import frontend
from .ui import Frame


def within(board: Board, frames: list[Frame], chosen: Callable[[Frame, set[str]], bool]) -> set[str]:
    """The nodes of a board in the frames that are `chosen`, by the frame and the nodes in it."""
    middles = {key: middle(node) for key, node in board.nodes.items()}
    found: set[str] = set()
    for frame in frames:
        inside = {key for key, at in middles.items() if at and holds(frame, at)}
        if chosen(frame, inside):
            found |= inside
    return found


def holds(frame: Frame, at: tuple[float, float]) -> bool:
    """Whether a point is in a frame."""
    place = numbers(frame.bounding, 4)
    if not place:
        return False
    x, y, width, height = place
    return x <= at[0] < x + width and y <= at[1] < y + height


def middle(node: Live) -> tuple[float, float] | None:
    """The middle of a node with its title; None where its place is not told."""
    pos, size = numbers(node.saved.pos, 2), numbers(node.saved.size, 2)
    if not pos or not size:
        return None
    return pos[0] + size[0] / 2, pos[1] + (size[1] - frontend("everywhere")["title_height"]) / 2


def numbers(given: Any, count: int) -> list[float]:
    """Numbers saved as a list, or as an object of them; empty for anything else."""
    listed = list(given.values()) if isinstance(given, dict) else given
    sound = isinstance(listed, list) and len(listed) >= count
    return listed[:count] if sound and all(type(one) in (int, float) for one in listed[:count]) else []
