"""Which nodes lie in which frame: those whose middle does."""

from __future__ import annotations

from typing import Any

from ..errors import InputError
from .board import Board, Live
from .object_info import frontend
from .ui import Frame, limit

Framed = list[tuple[Frame, set[str]]]


def framed(board: Board, frames: list[Frame]) -> Framed:
    """Each frame of a board with the nodes in it; raises `InputError` for too many of both."""
    within_reason(len(frames) * len(board.nodes), "frames around nodes")
    middles = {key: middle(node) for key, node in board.nodes.items()}
    return [(frame, {key for key, at in middles.items() if at and holds(frame, at)}) for frame in frames]


def within_reason(pairs: int, what: str) -> None:
    """Raise `InputError` for more pairs of things than any real workflow has."""
    if pairs > limit("pairs"):
        raise InputError(f"too many {what}: more than {limit('pairs')} pairs")


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
