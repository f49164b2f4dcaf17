"""One sentence for each verdict, the same on every surface (shared reference ux.md)."""

from __future__ import annotations

from ..forecast import Forecast, StepForecast
from ..runtime import Device
from ..units import GIB, Estimate, duration, gib

LEAST_SLOWDOWN = 1.05  # below, the numbers that are printed would say nothing
MOST_NAMES = 3

SIGNS = {
    "resident": "fits",
    "streamed": "streams",
    "disk": "disk",
    "spill": "spills",
    "oom": "out of memory",
    "unknown": "unknown",
}


def sentence(forecast: Forecast) -> str:
    """What will happen, where and why, in one sentence; a second one where the margin is thin."""
    said = SENTENCES[forecast.verdict](forecast)
    retried = next((step for step in forecast.steps if step.tiled), None)
    if retried and forecast.verdict not in ("oom", "unknown"):
        said += f" {place(retried)} does not fit whole: ComfyUI retries it in tiles."
    if forecast.tight and forecast.verdict != "oom":
        said += f" {margin(forecast)}"
    return said


def margin(forecast: Forecast) -> str:
    """How close the tightest step comes to the card's end, or the prompt to that of RAM."""
    if not any(one.tight for one in forecast.steps):
        if forecast.swapped:
            return f"{gib(forecast.swapped)} go to swap, which may be too small for them."
        return f"{gib(forecast.ram_kept.best)} of RAM cannot be given up, nearly all that this machine has."
    step = max((one for one in forecast.steps if one.tight), key=lambda one: one.need.best)
    left = forecast.device.total - step.need.best
    if left >= 0:
        return f"The margin in {place(step)} is {gib(left)}, inside the error of this forecast."
    return f"{place(step)} is {gib(-left)} over at best guess, inside the error of this forecast."


def place(step: StepForecast | None) -> str:
    """A step as a person finds it: `KSampler (node 3)`."""
    return f"{step.title} (node {step.node})" if step else "the workflow"


def time(seconds: Estimate | None) -> str:
    """`, about 18 s`, or nothing where the time is not known."""
    return f", about {duration(seconds.best)}" if seconds else ""


def resident(forecast: Forecast) -> str:
    """Everything fits."""
    if not forecast.steps:
        return "Nothing in this workflow runs on the card."
    if not forecast.vram_peak.high:
        ram = f"{gib(forecast.ram_peak.best)} of {gib(forecast.host.ram_total)} of RAM"
        return f"Runs on the processor, not on the card: slow, with {ram}{time(forecast.seconds)}."
    total = gib(forecast.device.total).removesuffix(" GiB")
    peak = f"{gib(forecast.vram_peak.best)} of {total} in {place(forecast.where)}"
    return f"Fits: peak {peak}{time(forecast.seconds)}."


def streamed(forecast: Forecast) -> str:
    """Weights stream in every pass."""
    step, instead = forecast.where, slowdown(forecast)
    size = gib(step.streamed) if step else "some"
    return f"Runs, streaming {size} of weights per step over PCIe in {place(step)}{instead}."


def slowdown(forecast: Forecast) -> str:
    """`: about 38 s instead of 18 s, 2.1x as long`; one number where streaming costs nothing."""
    times = forecast.slowdown
    if not forecast.seconds or not forecast.resident_seconds or not times:
        return ""
    real, ideal = duration(forecast.seconds.best), duration(forecast.resident_seconds.best)
    if real == ideal or times.best < LEAST_SLOWDOWN:
        return f": about {real}, no slower than if all of it fit"
    return f": about {real} instead of {ideal}, {times.best:.{1 if times.best < 10 else 0}f}x as long"


def disk(forecast: Forecast) -> str:
    """The prompt touches more than RAM holds."""
    need, total = gib(forecast.ram_peak.best), gib(forecast.host.ram_total)
    if forecast.ram_peak.best <= forecast.host.ram_total:
        total += ", of which some is left free"
    said, again = (
        f"Runs, but the prompt needs {need} of RAM and this machine has {total}",
        forecast.disk_bytes,
    )
    if round(again / GIB, 1):
        said += f": {gib(again)} are read from disk again in every run"
    return f"{said}{time(forecast.seconds)}."


def spill(forecast: Forecast) -> str:
    """Windows moves memory to the shared part."""
    step = forecast.where
    over = gib(step.need.best - forecast.device.total) if step else ""
    return f"Windows will move {over} to shared memory in {place(step)}: expect minutes, not seconds."


def system_memory(forecast: Forecast) -> str:
    """RAM does not hold what cannot be given up."""
    host, kept = forecast.host, gib(forecast.ram_kept.best)
    swap = f" and {gib(host.swap)} of swap" if host.swap else ""
    return (
        f"Runs out of system memory in {place(forecast.where)}: needs {kept} that cannot be given up, this "
        f"machine has {gib(host.ram_total)} of RAM{swap}."
    )


def oom(forecast: Forecast) -> str:
    """It does not fit."""
    step = forecast.where
    if step is None:
        return "Runs out of memory."
    if step.verdict != "oom" or not step.need.high:
        return system_memory(forecast)
    device = forecast.device
    low, high = (
        max(0.0, end) for end in (step.need.low - device.taken.low, step.need.high - device.taken.high)
    )
    ends = sorted({gib(low).removesuffix(" GiB"), gib(high).removesuffix(" GiB")}, key=float)
    span = f"{' to '.join(ends)} GiB"
    return (
        f"Runs out of memory in {place(step)}: needs {span} at once, the card has "
        f"{gib(device.total).removesuffix(' GiB')} and {gib(device.taken.best)} are used before it starts"
        f"{held_by(device)}."
    )


def held_by(device: Device) -> str:
    """` (Chrome 1.2 GiB, Xorg 0.3 GiB)`: who holds memory on the card; nothing where that is not known."""
    named = [f"{one.name} {gib(one.bytes)}" if one.bytes else one.name for one in device.holders or ()]
    more = len(named) - MOST_NAMES
    shown = named[:MOST_NAMES] + ([f"{more} more"] if more > 0 else [])
    return f" ({', '.join(shown)})" if shown else ""


def unknown(forecast: Forecast) -> str:
    """Part of it is not known, so nothing is promised."""
    weights = sum(one.bytes for one in forecast.components)
    start = f"Weights take {gib(weights)}; " if weights else ""
    return f"{start}{missing(forecast)}, so no promise."


def missing(forecast: Forecast) -> str:
    """What is not known: the first node or step that stands in the way."""
    if forecast.unknown:
        node = forecast.unknown[0]
        return f"the cost of {node.class_type} (node {node.node}) is not known"
    step = next((one for one in forecast.steps if one.verdict == "unknown"), None)
    if step is None:
        return "it has no nodes"
    return f"the cost of {place(step)} is not known ({step.because})"


SENTENCES = {
    "resident": resident,
    "streamed": streamed,
    "disk": disk,
    "spill": spill,
    "oom": oom,
    "unknown": unknown,
}
