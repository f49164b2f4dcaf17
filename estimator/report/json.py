"""The JSON contract of the forecast (design section 8), defined here once for every surface."""

from __future__ import annotations

from typing import Any

import msgspec

from ..advice import Checked, Suggestion
from ..forecast import ComponentForecast, Forecast, StepForecast
from .words import sentence

SCHEMA = 1


def check(checked: Checked) -> dict[str, Any]:
    """The object that `check --json` prints; bytes and seconds, estimates as low, best, high and basis."""
    forecast = checked.forecast
    return {
        "schema": SCHEMA,
        "verdict": forecast.verdict,
        "tight": forecast.tight,
        "where": worst(forecast),
        "because": sentence(forecast),
        "device": {
            "name": forecast.device.name,
            "total": forecast.device.total,
            "free": forecast.device.free,
            "taken": forecast.device.taken,
            "holders": forecast.device.holders,
        },
        "host": {
            "ram_total": forecast.host.ram_total,
            "ram_free": forecast.host.ram_free,
            "swap": forecast.host.swap,
            "disk": forecast.host.disk,
        },
        "policy": {
            "comfy": forecast.policy.comfy,
            "dynamic_vram": forecast.policy.dynamic_vram,
            "flags": list(forecast.policy.flags),
        },
        "vram_peak": forecast.vram_peak,
        "ram_peak": forecast.ram_peak,
        "ram_kept": forecast.ram_kept,
        "swapped": forecast.swapped,
        "disk_bytes": forecast.disk_bytes,
        "cold_bytes": forecast.cold_bytes,
        "seconds": forecast.seconds,
        "seconds_again": forecast.seconds_again,
        "resident_seconds": forecast.resident_seconds,
        "slowdown": forecast.slowdown,
        "coverage": coverage(forecast),
        "components": components(forecast),
        "steps": [step(one) for one in forecast.steps],
        "suggestions": [suggestion(one) for one in checked.suggestions],
    }


def worst(forecast: Forecast) -> dict[str, Any] | None:
    """The step that decides the verdict, and its place among the steps."""
    where = forecast.where
    if where is None:
        return None
    own = {"node": where.node, "class_type": where.class_type, "kind": where.kind}
    # Where RAM runs out while a file is loaded, it is no step of those that are forecast.
    return own | {"step": forecast.steps.index(where) if where in forecast.steps else None}


def coverage(forecast: Forecast) -> dict[str, Any]:
    """What of the workflow was understood."""
    return {
        "nodes": forecast.nodes,
        "understood": forecast.nodes - len(forecast.unknown),
        "unknown": [{"node": one.node, "class_type": one.class_type} for one in forecast.unknown],
        "assumed": [{"node": one.node, "what": one.reason} for one in forecast.assumed],
        "missing_files": list(forecast.missing),
    }


def components(forecast: Forecast) -> list[dict[str, Any]]:
    """What is loaded, by whom, and how it is held."""
    return [
        {
            "key": one.key,
            "node": one.node,
            "file": one.file,
            "role": one.role,
            "family": one.family,
            "title": one.title,
            "storage_dtype": one.storage_dtype,
            "compute_dtype": one.compute_dtype,
            "bytes": one.bytes,
            "manager": one.manager,
            "basis": "assumed" if one.assumed or not read(one) else "exact",
        }
        for one in forecast.components
    ]


def read(one: ComponentForecast) -> bool:
    """Whether its bytes were read from a file; of a family we do not know they are as well."""
    return not one.problem or one.bytes > 0


def step(one: StepForecast) -> dict[str, Any]:
    """One step."""
    return {
        "node": one.node,
        "class_type": one.class_type,
        "title": one.title,
        "kind": one.kind,
        "components": list(one.components),
        "shape": list(one.shape),
        "passes": one.passes,
        "weights": one.weights,
        "resident": one.resident,
        "streamed_per_pass": one.streamed,
        "activations": one.activations,
        "workspace": one.workspace,
        "comfy_reserves": one.comfy_reserves,
        "vram_peak": one.vram_peak,
        "need": one.need,
        "ram": one.ram,
        "ram_kept": one.ram_kept,
        "seconds": one.seconds,
        "slowdown": one.slowdown,
        "tiled": one.tiled,
        "tight": one.tight,
        "verdict": one.verdict,
        "because": one.because,
    }


def suggestion(one: Suggestion) -> dict[str, Any]:
    """One change."""
    return {
        "code": one.code,
        "title": one.title,
        "why": one.why,
        "applicability": one.applicability,
        "edits": one.edits,
        "saves": one.saves,
        "verdict_after": one.verdict_after,
        "seconds_after": one.seconds_after,
        "downloads": one.downloads,
        "saves_ram": one.saves_ram,
        "tight_after": one.tight_after,
        "seconds_again_after": one.seconds_again_after,
        "harm": one.harm,
        "quality": one.quality,
        "effects": one.effects,
        "needs": one.needs,
    }


def encode(checked: Checked) -> bytes:
    """The same object as JSON text."""
    return msgspec.json.encode(check(checked))
