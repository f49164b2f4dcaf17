"""Asks a process of its own to trace a model: ComfyUI is imported there, and a failure there stays there.

This module needs no torch; the process does, and a ComfyUI checkout.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

from ..costs.law import Law, Shape, sound
from ..costs.lookup import shipped
from ..errors import one_line
from ..models import Component
from ..models.component import is_scale
from .process import Bounds, Ended, Process

# assumed: the largest models of today take about two minutes on one core
BOUNDS = Bounds(seconds=900.0)
# Seconds from one look at whether it is still wanted to the next.
OFTEN = 0.1
# Why there is no answer: ComfyUI cannot run it, and what the process came to.
Why = Literal["", "refused", "died", "time", "memory", "unwanted"]


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What to trace: a header, or one shape of it.

    `tensors`: name to (safetensors dtype, shape). `metadata`: what the file says of itself; some models read
    their shape there. `shape`: (batch, channels, frames, height, width, text,
    reference) for one forward instead of a law. `comfyui`: a checkout's folder. `row`: of
    `data/trace_grids/`, where it is known better than by ComfyUI's class. `kept`: laws of other versions,
    which a few forwards can show to hold for this one.
    """

    comfyui: str
    role: str
    tensors: dict[str, tuple[str, tuple[int, ...]]]
    metadata: dict[str, str] = {}
    shape: tuple[int, ...] = ()
    row: str = ""
    kept: tuple[Law, ...] = ()


class Pass(msgspec.Struct, frozen=True):
    """One traced forward: bytes, FLOPs, and what ComfyUI itself would reserve for it."""

    operation: str
    shape: Shape
    storage: str
    compute: str
    peak: int
    flops: int
    reserved: int | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it; `problem` says why nothing did, `why` in a word.

    `kind` are the fields that ComfyUI decided; `inputs`: the row of `data/trace_grids/` whose inputs the
    forward got, or "probed".
    """

    problem: str = ""
    why: Why = ""
    version: str = ""
    kind: dict[str, Any] = {}
    inputs: str = ""
    laws: tuple[Law, ...] = ()
    passes: tuple[Pass, ...] = ()


def request(
    component: Component, comfyui: str, shape: tuple[int, ...] = (), metadata: Mapping[str, str] | None = None
) -> Request:
    """The request for one component; scales of quantised layers are left out."""
    tensors = {one.name: (one.dtype, one.shape) for one in component.tensors if not is_scale(one)}
    return Request(
        comfyui=comfyui,
        role=component.role,
        tensors=tensors,
        metadata=dict(metadata or {}),
        shape=shape,
        row=component.costs,
        kept=() if shape else shipped(component.costs),
    )


def ask(asked: Request, bounds: Bounds = BOUNDS, wanted: Callable[[], bool] = lambda: True) -> Answer:
    """The answer of a new process, within bounds and while it is `wanted`, which is asked all the time.

    Never raises: what fails is the answer's `problem`.
    """
    if importlib.util.find_spec("torch") is None:
        return Answer(
            problem="this Python has no torch: run it with the Python of your ComfyUI", why="refused"
        )
    try:
        with Process(msgspec.json.encode(asked), bounds) as process:
            return understood(process.wait(wanted, OFTEN), bounds)
    except OSError as error:
        return Answer(problem=one_line(f"the tracing process could not be started: {error}"), why="died")


def understood(ended: Ended, bounds: Bounds) -> Answer:
    """What a process has answered, or why there is no answer that could be believed."""
    if ended.stopped:
        said = {
            "unwanted": "it was stopped for something more urgent",
            "time": f"it did not finish within {bounds.seconds:g} s",
            "memory": "it took more memory than it may",
        }[ended.stopped]
        return Answer(problem=f"the tracing process: {said}", why=ended.stopped)
    try:
        answer = msgspec.json.decode(ended.answer, type=Answer)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        last = " ".join(ended.said.strip().splitlines()[-1:])[:500]
        why: Why = "memory" if "MemoryError" in last or "bad_alloc" in last else "died"
        return Answer(problem=one_line(f"the tracing process ended with {ended.status}: {last}"), why=why)
    if not answer.problem and not all(sound(law) for law in answer.laws):
        return Answer(problem="the tracing process answered what is no law", why="died")
    return answer
