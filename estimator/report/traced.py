"""What `trace` says: the model that ComfyUI sees in a file, and what its passes cost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from ..units import amount

SCHEMA = 1


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """One traced pass: bytes beside the weights, floating point operations, what ComfyUI would reserve.

    `shape`: (batch, channels, frames, height, width, text tokens, latent cells of reference pictures).
    """

    operation: str
    storage: str
    compute: str
    shape: tuple[int, ...]
    activations: int
    flops: int
    comfy_reserves: int | None = None


class Traced(msgspec.Struct, frozen=True, kw_only=True):
    """One traced file. `laws` are kept on this machine; `points`: one shape, for each way to hold weights.

    `inputs`: the row of `data/trace_grids/` that says what a forward is given, or `probed`: found by trying.
    """

    path: str
    comfyui: str
    comfy_class: str
    role: str
    inputs: str
    laws: int
    worst_held_out: float | None
    seconds: float
    points: tuple[Point, ...]


def encode(traced: Traced) -> str:
    """The report as JSON."""
    answer: dict[str, Any] = {"schema": SCHEMA, **msgspec.structs.asdict(traced)}
    return msgspec.json.encode(answer).decode()


def render(traced: Traced) -> str:
    """The report as text."""
    what = traced.comfy_class or "an unnamed model"
    how = f"inputs {traced.inputs}" if traced.inputs == "probed" else f"inputs as `{traced.inputs}`"
    lines = [
        f"{Path(traced.path).name}: ComfyUI {traced.comfyui} takes it for {what} ({traced.role}).",
        f"Traced in {traced.seconds:.0f} s, {how}.",
    ]
    if traced.worst_held_out is not None:
        lines.append(
            f"{traced.laws} laws kept on this machine; on shapes that no fit saw they are off by "
            f"{traced.worst_held_out:.2%} at worst."
        )
    return "\n".join([*lines, "", *map(line, traced.points)])


def line(one: Point) -> str:
    """A point in one line."""
    sides = "x".join(str(side) for side in one.shape[2:5] if side > 1) or "1"
    text = f", {one.shape[5]} tokens" if one.shape[5] else ""
    own = f", ComfyUI reserves {amount(one.comfy_reserves)}" if one.comfy_reserves else ""
    return (
        f"{one.operation} {sides} batch {one.shape[0]}{text}, {one.storage} computed in {one.compute}: "
        f"{amount(one.activations)} beside the weights, {one.flops / 1e12:.2f} TFLOP{own}"
    )
