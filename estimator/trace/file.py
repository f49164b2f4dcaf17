"""`trace FILE`: the model of a file, traced by the user's own ComfyUI, and kept for later forecasts."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import msgspec

from .. import facts
from ..costs.law import Law
from ..costs.lookup import learned_laws
from ..errors import InputError
from ..formats import TensorTable, read
from ..models import Component, identify, stranger
from ..models.rows import Kind
from ..report.traced import Point, Traced
from .request import Answer, Pass, ask, request

# What can be traced by itself, the heaviest work of a prompt first.
ROLES = ("diffusion_model", "vae")


def trace(file: Path, comfyui: str, shape: tuple[int, ...] = ()) -> Traced:
    """Trace what `file` holds; without a `shape` its laws are made and kept.

    Raises `InputError` where the file cannot be read, or ComfyUI cannot run what it holds: the reason is
    what came out of the attempt.
    """
    table, begun = read(file), time.monotonic()
    subject = subject_of(table)
    answer = ask(request(subject, comfyui, shape, table.metadata))
    if answer.problem:
        raise InputError(f"unknown: {answer.problem}", where=str(file), do="Its weights are still counted.")
    if answer.laws:
        keep(subject, answer)
    return Traced(
        path=str(file),
        comfyui=answer.version,
        comfy_class=answer.kind.get("comfy_class", ""),
        role=answer.kind.get("role", subject.role),
        inputs=answer.inputs,
        laws=len(answer.laws),
        worst_held_out=max((law.worst_held_out for law in answer.laws), default=None),
        seconds=round(time.monotonic() - begun, 1),
        points=tuple(map(point, answer.passes)),
    )


def subject_of(table: TensorTable) -> Component:
    """What of a file is to be traced. Raises `InputError` where it holds nothing that can be."""
    found = identify(table).components
    for role in ROLES:
        for one in found:
            if one.role == role:
                return one
    unknown = stranger(table)
    if unknown is None:
        held = ", ".join(one.title for one in found) or "no model"
        raise InputError(f"it holds {held}", where=table.path, do="Only samplers and VAEs are traced.")
    return unknown


def keep(subject: Component, answer: Answer) -> None:
    """Keep the laws, and for a model of no known family what ComfyUI says that it is.

    Those of other versions of ComfyUI stay beside them, the last few.
    """
    known: dict[str, Any] = {}
    if subject.role == "unknown":
        name = answer.kind["comfy_class"]
        known = msgspec.to_builtins(Kind(id=f"traced-{name.lower()}", family=name, title=name, **answer.kind))
    laws = [*answer.laws, *others(subject.architecture, answer.version)]
    facts.learn(
        subject.architecture, {"kind": known, "laws": msgspec.to_builtins(laws), "comfyui": answer.version}
    )


def others(architecture: str, version: str) -> list[Law]:
    """The laws that were kept for the last few other versions."""
    kept = [law for law in learned_laws(architecture) if version not in law.versions]
    last = list(dict.fromkeys(law.versions for law in kept))[
        : facts.table("comfyui_side")["tracing"]["versions"]
    ]
    return [law for law in kept if law.versions in last]


def point(one: Pass) -> Point:
    """A pass as the report has it."""
    return Point(
        operation=one.operation,
        storage=one.storage,
        compute=one.compute,
        shape=msgspec.structs.astuple(one.shape),
        activations=one.peak,
        flops=one.flops,
        comfy_reserves=one.reserved,
    )
