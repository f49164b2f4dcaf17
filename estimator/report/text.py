"""The forecast as text: the verdict in one line, then a row for each step with a bar against the card."""

from __future__ import annotations

import itertools
from typing import Any

from .. import facts
from ..advice import Checked
from ..forecast import Forecast, StepForecast
from ..runtime.disk import disk_seconds
from ..units import Estimate, amount, duration, gib
from .advice import line as change
from .paper import Paper
from .words import SIGNS, held_by, sentence

BAR = 14
LEAST_NAME = 8
COLOURS = {
    "resident": "green",
    "streamed": "blue",
    "disk": "yellow",
    "spill": "orange3",
    "oom": "red",
    "unknown": "bright_black",
}


# What a step of a node that takes several is for, by its kind and the role of what it loads.
DOES = {
    ("encode_image", "vae"): "VAE",
    ("encode_image", "text_encoder"): "picture",
    ("encode_text", "text_encoder"): "text",
    ("other", "text_encoder"): "writing",
}


def render(checked: Checked, width: int = 100, colour: bool = False) -> str:
    """The whole report as text of at most `width` columns."""
    paper = Paper(width, colour)
    show(checked, paper.console)
    return paper.text() + "\n"


def show(checked: Checked, console: Any) -> None:
    """Print the report on a rich console."""
    from rich.text import Text

    forecast = checked.forecast

    console.print(Text(sentence(forecast), style=f"bold {COLOURS[forecast.verdict]}"))
    console.print()
    console.print(Text(machine_line(forecast), style="dim"))
    console.print()
    if forecast.steps:
        console.print(steps_table(forecast, console.width))
        console.print()
    for one in checked.suggestions:
        console.print(Text(f"→ {change(one)}"))
    if checked.suggestions:
        console.print()
    for line in footer(forecast):
        console.print(Text(line, style="dim"))


def machine_line(forecast: Forecast) -> str:
    """The card, the RAM and the ComfyUI that the forecast is for."""
    device, policy = forecast.device, forecast.policy
    manager = "dynamic VRAM" if policy.dynamic_vram else "legacy memory manager"
    flags = "".join(f" {flag}" for flag in memory_flags(policy.flags))
    return (
        f"{device.name}: {gib(device.total)}, {gib(device.free)} free{held_by(device)} · "
        f"RAM {gib(forecast.host.ram_total)} · ComfyUI {policy.comfy}{flags}, {manager}"
    )


def memory_flags(flags: tuple[str, ...]) -> list[str]:
    """Those of ComfyUI's start-up flags that change memory, each with the number that follows it."""
    known = set(facts.table("flags")["memory"])
    pairs = itertools.zip_longest(flags, flags[1:], fillvalue="")
    return [f"{flag} {value}" if value[:1].isdigit() else flag for flag, value in pairs if flag in known]


def steps_table(forecast: Forecast, width: int) -> Any:
    """One row for each step: what it holds against the card, what streams, how long. Sizes in GiB."""
    from rich.table import Table
    from rich.text import Text

    rows = [(bar(step, forecast), *cells(step), sign(step)) for step in forecast.steps]
    heads = (f"of {gib(forecast.device.total)}", "weights", "beside", "peak", "streams", "time", "")
    names = iter(named(forecast))
    nodes = max(len(step.node) for step in forecast.steps)
    taken = sum(max(map(len, column)) + 1 for column in zip(heads, *rows, strict=True)) + nodes + 1
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
    table.add_column("step", overflow="ellipsis", no_wrap=True, max_width=max(LEAST_NAME, width - taken))
    table.add_column("node", no_wrap=True)
    for head in heads:
        table.add_column(head, justify="left" if head in (heads[0], "") else "right", no_wrap=True)
    for step, (drawn, *numbers, word) in zip(forecast.steps, rows, strict=True):
        style = COLOURS[step.verdict] if step.verdict != "resident" else ""
        table.add_row(next(names), step.node, Text(drawn, style=style), *numbers, Text(word, style=style))
    return table


def named(forecast: Forecast) -> list[str]:
    """The steps' titles; before that of a node that does several things, which: `VAE: Edit the picture`."""
    does: dict[str, set[str]] = {}
    roles = {one.key: one.role for one in forecast.components}
    kinds = [(one.kind, roles.get(one.components[0], "") if one.components else "") for one in forecast.steps]
    words = [DOES.get(kind, kind[0].replace("_", " ")) for kind in kinds]
    for step, word in zip(forecast.steps, words, strict=True):
        does.setdefault(step.node, set()).add(word)
    return [
        f"{word}: {step.title}" if len(does[step.node]) > 1 else step.title
        for step, word in zip(forecast.steps, words, strict=True)
    ]


def sign(step: StepForecast) -> str:
    """The verdict of a step in a word."""
    word = "in tiles" if step.tiled and step.verdict in ("resident", "streamed") else SIGNS[step.verdict]
    return f"{word}, tight" if step.tight else word


def cells(step: StepForecast) -> tuple[str, ...]:
    """The numbers of a row, in GiB."""
    beside = step.activations + step.workspace
    times = f" x{step.passes}" if step.passes > 1 else ""
    return (
        short(step.weights) if step.weights else "?" if step.components or not beside.high else "",
        span(beside) if beside.high else "",
        short(step.vram_peak.best) if step.vram_peak.high else "",
        f"{short(step.streamed)}{times}" if step.streamed else "",
        duration(step.seconds.best) if step.seconds else "",
    )


def span(size: Estimate) -> str:
    """An estimate in GiB with its band, where the band shows."""
    low, high = short(size.low), short(size.high)
    return high if low == high else f"{low}-{high}"


def short(size: float) -> str:
    """GiB without its name."""
    return gib(size).removesuffix(" GiB")


def bar(step: StepForecast, forecast: Forecast) -> str:
    """`░██▒▒··`: used before, weights, what is needed beside, what is left of the card; `!` past its end."""
    cell = forecast.device.total / BAR
    if not step.vram_peak.best:
        return "·" * BAR
    used = round(forecast.device.taken.best / cell)
    beside = step.activations.best + step.workspace.best
    weights = round((step.vram_peak.best - beside) / cell) - used
    peak = min(BAR + 1, round(step.vram_peak.best / cell))
    filled = "░" * used + "█" * weights + "▒" * (peak - used - weights)
    return filled[:BAR].ljust(BAR, "·") + ("!" if peak > BAR else "")


def together(what: str, said: list[tuple[str, str]]) -> list[str]:
    """One line for each thing that is said, with all the nodes that it is said of."""
    nodes: dict[str, list[str]] = {}
    for reason, node in said:
        nodes.setdefault(reason, []).append(node)
    return [
        f"{what}: {reason} (node{'s' * (len(found) > 1)} {', '.join(found)})."
        for reason, found in nodes.items()
    ]


def footer(forecast: Forecast) -> list[str]:
    """What is loaded, what was not understood, and how far to trust the numbers."""
    lines = [weights_line(forecast)] if forecast.components else []
    stand_ins = [one.file for one in forecast.components if one.assumed]
    if stand_ins:
        lines.append(f"Not on disk, taken as published: {', '.join(dict.fromkeys(stand_ins))}.")
    problems = [(one.problem, one.node) for one in forecast.components if one.problem]
    lines += together("Assumed", [(one.reason, one.node) for one in forecast.assumed])
    lines += together("Not known", problems)
    lines += together(
        "Not understood", [(f"{one.class_type}, {one.reason}", one.node) for one in forecast.unknown]
    )
    if any(step.workspace.high > step.workspace.low for step in forecast.steps):
        lines.append(
            "Sizes in GiB. Beside the weights: traced activations, and libraries' workspace (the spread)."
        )
    if forecast.seconds and forecast.verdict != "oom":  # a run that fails takes no time worth saying
        cold = disk_seconds(forecast.cold_bytes, forecast.host)
        lines.append(
            f"Time: {between(forecast.seconds)} with the files in RAM; "
            f"reading all {gib(forecast.cold_bytes)} from disk takes {between(cold)} more."
        )
    return lines


def between(seconds: Estimate) -> str:
    """Both ends of a time: `55 s to 2 min`."""
    return f"{duration(seconds.low)} to {duration(seconds.high)}"


def weights_line(forecast: Forecast) -> str:
    """Each component with its storage type and size."""
    known = [one for one in forecast.components if one.bytes or not one.problem]
    parts = [f"{one.title} {one.storage_dtype} {amount(one.bytes)}" for one in known]
    return f"Weights: {'; '.join(dict.fromkeys(parts))}." if parts else "Weights: none known."
