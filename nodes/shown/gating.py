"""What the node VRAM Gate goes by: the steps before and behind it, and whether one is short of VRAM."""

from typing import Any, NamedTuple

from .. import host
from ..answers import checked
from ..serving.judging import certain, is_link, upstream

CLASS = "VRAMForecastGate"


class Short(NamedTuple):
    """A step that finds too little VRAM: how it is forecast, on which device, and what is kept free there."""

    step: Any
    device: Any
    reserve: int

    def __str__(self) -> str:
        """Which step, what it needs, what there is, and who holds the rest; in one sentence."""
        from ...estimator.report.words import held_by, place
        from ...estimator.units import gib

        taken = self.device.taken
        needs = [max(0, self.step.need.low - taken.low), max(0, self.step.need.high - taken.high)]
        span = " to ".join(dict.fromkeys(gib(one) for one in sorted(needs)))
        kept = f" and {gib(self.reserve)} are to stay free" if self.reserve else ""
        free = gib(max(0, self.device.total - taken.best))
        return (
            f"{place(self.step)} needs {span} at once{kept}, and {free} of {gib(self.device.total)} are free"
            f"{held_by(self.device)}."
        )


class Stopped(Exception):
    """The gate stops the run; its text is for the user."""


def before(prompt: dict[str, Any], gate: str) -> set[str]:
    """What has to run for a gate's value, up to the gates that check themselves."""
    closed = {**prompt}
    for node in upstream(gate, prompt) - {gate}:
        if prompt[node].get("class_type") == CLASS:
            closed[node] = {**prompt[node], "inputs": {}}
    return upstream(gate, closed) - {gate}


def behind(prompt: dict[str, Any], gate: str) -> set[str]:
    """What uses a gate's value, up to the next gates."""
    found: set[str] = set()
    pending = [gate]
    users = used_by(prompt)
    while pending:
        for user in users.get(pending.pop(), ()):
            if user not in found and prompt[user].get("class_type") != CLASS:
                found.add(user)
                pending.append(user)
    return found


def used_by(prompt: dict[str, Any]) -> dict[str, list[str]]:
    """Of each node, the nodes that are linked to its outputs."""
    users: dict[str, list[str]] = {}
    for node, told in prompt.items():
        for value in told.get("inputs", {}).values():
            if is_link(value):
                users.setdefault(value[0], []).append(node)
    return users


def short(prompt: dict[str, Any], nodes: set[str], reserve: int) -> Short | None:
    """The heaviest step of some nodes that is certain to be short of VRAM now; None where there is none."""
    if not nodes:
        return None
    forecast = checked(prompt, outputs=sorted(nodes)).forecast
    device = forecast.device
    found = [
        step
        for step in forecast.steps
        if step.node in nodes
        and step.need.high
        and step.verdict != "unknown"
        and (step.verdict == "oom" or (reserve and step.need.low + reserve > device.total))
        and certain(step, forecast, prompt)
    ]
    return Short(max(found, key=lambda step: step.need.low), device, reserve) if found else None


def settled(prompt: dict[str, Any], nodes: set[str], reserve: int, free: bool) -> Short | None:
    """The same, once ComfyUI's models were unloaded where that is asked for and something is short."""
    found = short(prompt, nodes, reserve)
    if found and free:
        host.host().release()
        found = short(prompt, nodes, reserve)
    return found
