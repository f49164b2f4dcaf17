"""Asks a process of its own to trace a model: ComfyUI is imported there, and a failure there stays there.

This module needs no torch; the process does, and a ComfyUI checkout.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from ..costs.law import Law, Shape
from ..errors import one_line
from ..facts import DATA
from ..models import Component
from ..models.component import is_scale

# assumed: the largest models of today take about two minutes on one core
PATIENCE = 900.0


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What to trace: a header, or one shape of it.

    `tensors`: name to (safetensors dtype, shape). `metadata`: what the file says of itself; some models read
    their shape there. `shape`: (batch, channels, frames, height, width, text,
    reference) for one forward instead of a law. `comfyui`: a checkout's folder.
    """

    comfyui: str
    role: str
    tensors: dict[str, tuple[str, tuple[int, ...]]]
    metadata: dict[str, str] = {}
    shape: tuple[int, ...] = ()


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
    """What came of it; `problem` says why nothing did. `kind` are the fields that ComfyUI decided.

    `inputs`: the row of `data/trace_grids/` whose inputs the forward got, or "probed".
    """

    problem: str = ""
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
    told = dict(metadata or {})
    return Request(comfyui=comfyui, role=component.role, tensors=tensors, metadata=told, shape=shape)


def ask(asked: Request, seconds: float = PATIENCE) -> Answer:
    """The answer of a new process. Never raises: what fails is the answer's `problem`."""
    if importlib.util.find_spec("torch") is None:
        return Answer(problem="this Python has no torch: run it with the Python of your ComfyUI")
    with tempfile.TemporaryDirectory() as room:
        written = Path(room) / "answer.json"
        command = [sys.executable, "-m", "estimator.trace.worker", str(written)]
        try:
            done = subprocess.run(
                command,
                input=msgspec.json.encode(asked),
                cwd=DATA.parent,
                env={**os.environ, "CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": ""},
                capture_output=True,
                timeout=seconds,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return Answer(problem=one_line(f"the tracing process did not finish: {error}"))
        with contextlib.suppress(OSError, msgspec.MsgspecError):
            return msgspec.json.decode(written.read_bytes(), type=Answer)
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        return Answer(problem=one_line(f"the tracing process ended with {done.returncode}: {' '.join(last)}"))
