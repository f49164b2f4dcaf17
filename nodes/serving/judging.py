"""Whether a prompt is certain not to run, and how that is said; in a thread, since it reads files."""

import json
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any, NamedTuple

from .. import host
from ..answers import checked

HEADER, PASS = "VRAM-Forecast", "run-anyway"
ANYWAY = f"To run it anyway, send the header `{HEADER}: {PASS}`."


class Asked(NamedTuple):
    """What a client asks ComfyUI to run: the nodes, and the ids of those that it is run for."""

    prompt: dict[str, Any]
    outputs: tuple[str, ...]


@cache
def settings() -> dict[str, Any]:
    """The guard's settings. The estimator, which reads data, is imported here, not at ComfyUI's start."""
    from ...estimator import facts

    return facts.table("comfyui_side")["guard"]


def asked(text: str) -> Asked | None:
    """What a body asks for; None where ComfyUI runs nothing of it, or the client says that it shall run."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return None
    prompt = body.get("prompt") if isinstance(body, dict) else None
    if not isinstance(prompt, dict) or insists(body):
        return None
    outputs = tuple(targets(prompt, body.get("partial_execution_targets")))
    return Asked(prompt, outputs) if outputs else None


def insists(body: dict[str, Any]) -> bool:
    """Whether a client says in its `extra_data` that the prompt shall run."""
    extra = body.get("extra_data")
    return isinstance(extra, dict) and extra.get("vram_forecast") == PASS


def targets(prompt: dict[str, Any], only: Any) -> Iterable[str]:
    """The nodes that ComfyUI runs a prompt for: its output nodes, of `only` those where it is given."""
    for node, told in prompt.items():
        if not isinstance(told, dict) or not isinstance(told.get("class_type"), str):
            continue
        wanted = only is None or (isinstance(only, list) and node in only)
        if wanted and is_output(told["class_type"], host.host()):
            yield node


@lru_cache(maxsize=4096)
def is_output(class_type: str, comfyui: host.Host) -> bool:
    """Whether a ComfyUI runs prompts for nodes of a type."""
    return bool((comfyui.describe(class_type) or {}).get("output_node"))


def failing(one: Asked):
    """The forecast of a prompt that is certain not to run, its `where` the step that fails; else None."""
    import msgspec

    forecast = checked(one.prompt, outputs=one.outputs).forecast
    for step in forecast.steps:
        stops = step.verdict in settings()["stops"] and certain(step, forecast, one.prompt)
        if stops and stays_short(step, forecast.device):
            return msgspec.structs.replace(forecast, where=step)
    return None


def certain(step, forecast, prompt: dict[str, Any]) -> bool:
    """Whether nothing that a step rests on is in doubt."""
    before = upstream(step.node, prompt)
    doubtful = {node.node for node in (*forecast.unknown, *forecast.assumed)}
    parts = {one.key: one for one in forecast.components}
    known = all(key in parts and not parts[key].problem and not parts[key].assumed for key in step.components)
    lost = any(one.problem and one.node in before for one in forecast.components)
    return known and not lost and before.isdisjoint(doubtful)


def stays_short(step, device) -> bool:
    """Whether a step does not fit either when the prompts before it have given their memory back."""
    return not host.host().busy() or step.need.low - device.taken.low > device.total


def upstream(node: str, prompt: dict[str, Any]) -> set[str]:
    """A node and all that it rests on."""
    found: set[str] = set()
    pending = [node]
    while pending:
        one = pending.pop()
        if one not in found and one in prompt:
            found.add(one)
            pending += [link[0] for link in prompt[one].get("inputs", {}).values() if is_link(link)]
    return found


def is_link(value: Any) -> bool:
    """Whether an input is a link, as ComfyUI has it: a node's id and the number of its output."""
    return isinstance(value, list) and len(value) == 2 and isinstance(value[0], str)


def fixes(one: Asked) -> tuple[Any, ...]:
    """What would help, the best first."""
    return checked(one.prompt, outputs=one.outputs, suggestions=settings()["suggestions"]).suggestions


def said(forecast, suggestions: tuple[Any, ...]) -> str:
    """What would happen, in which node, and the best of what would help with its code."""
    from ...estimator.report.words import sentence

    happens = sentence(forecast)
    helps = [f"What helps: {one.title} ({one.code})." for one in suggestions[:1]]
    return " ".join((happens, *helps))


def refusal(forecast, suggestions: tuple[Any, ...]) -> bytes:
    """The body of the answer to a prompt that is stopped, in the shape of ComfyUI's own errors."""
    import msgspec

    step = forecast.where
    told = {
        "verdict": step.verdict,
        "node": {"node": step.node, "class_type": step.class_type, "kind": step.kind},
        "needs": step.need,
        "device": {
            "total": forecast.device.total,
            "free": forecast.device.free,
            "holders": forecast.device.holders,
        },
        "suggestions": [
            {"code": one.code, "title": one.title, "verdict_after": one.verdict_after, "edits": one.edits}
            for one in suggestions
        ],
        "run_anyway": {"header": f"{HEADER}: {PASS}", "extra_data": {"vram_forecast": PASS}},
    }
    message = f"{said(forecast, suggestions)} {ANYWAY}"
    details = f"VRAM Forecast stopped this prompt before node {step.node}."
    error = {"type": "vram_forecast", "message": message, "details": details, "extra_info": told}
    return msgspec.json.encode({"error": error, "node_errors": {}})
