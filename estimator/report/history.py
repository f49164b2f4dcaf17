"""What past runs were forecast to take beside what they took, as text and as JSON."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import msgspec

from ..history.rows import Done, Run
from ..units import Estimate, amount, duration, gib
from .paper import Paper
from .words import SIGNS

SCHEMA = 1
SHOWN_ID = 8  # letters of a run's id, by which it is asked for
NONE = "–"
LEGEND = (
    "Each forecast → measured. Beside the weights: the most that torch had allocated above what it had at "
    "the node's end; ≤ where more lay there at its beginning, ≥ where the card was full. A node's time has "
    "the loading of its models in it."
)


def encode(runs: Sequence[Run], nodes: Sequence[Done] | None = None) -> str:
    """The runs as JSON; with `nodes`, those of the one run, each with how its peak and seconds differ."""
    shown: dict[str, Any] = {"schema": SCHEMA, "runs": runs}
    if nodes is not None:
        shown["nodes"] = [msgspec.to_builtins(one) | {"differs": differs(one)} for one in nodes]
    return msgspec.json.encode(shown).decode()


def differs(done: Done) -> dict[str, str]:
    """How a node's measured numbers lie to the forecast's bands, in words."""
    return {
        "beside": difference(done.beside, taken(done)),
        "seconds": difference(done.forecast_seconds, done.seconds),
    }


def difference(forecast: Estimate | None, measured: float | None) -> str:
    """`as forecast` inside the band, or by how much it is past its nearer end; empty where one is missing."""
    if forecast is None or measured is None:
        return ""
    if forecast.low <= measured <= forecast.high:
        return "as forecast"
    end, word = (forecast.high, "more") if measured > forecast.high else (forecast.low, "less")
    return f"{abs(measured - end) / end:.0%} {word}" if end else word


def taken(done: Done) -> int | None:
    """What torch had allocated at most beyond what it had at the node's end, weights among that; bytes."""
    if done.peak is None or done.after is None:
        return None
    return max(0, done.peak - done.after)


def render(runs: Sequence[Run], nodes: Sequence[Done], width: int = 100, colour: bool = False) -> str:
    """Runs, the newest first, and the nodes of the newest, as text of at most `width` columns."""
    from rich.text import Text

    if not runs:
        return "No run has been recorded yet.\n"
    paper = Paper(width, colour)
    paper.console.print(Text(headline(runs), style="bold"))
    paper.console.print()
    paper.console.print(runs_table(runs))
    if nodes:
        paper.console.print()
        paper.console.print(Text("The newest, node by node", style="bold"))
        paper.console.print(nodes_table(nodes))
        paper.console.print()
        paper.console.print(Text(LEGEND, style="dim"))
    return paper.text() + "\n"


def headline(runs: Sequence[Run]) -> str:
    """`3 runs; the newest took 19 s, forecast were 16 s to 22 s.`"""
    newest, many = runs[0], "1 run" if len(runs) == 1 else f"{len(runs)} runs"
    if newest.seconds is None or newest.outcome != "done":
        return f"{many}; the newest: {newest.outcome}{place(newest)}."
    said = newest.forecast_seconds
    forecast = f", forecast were {span(said)}" if said else ""
    return f"{many}; the newest took {duration(newest.seconds)}{forecast}."


def place(run: Run) -> str:
    """` in node 8`, where a run failed in one."""
    return f" in node {run.node}" if run.node else ""


def span(seconds: Estimate) -> str:
    """Both ends of a time, or the one that they come to."""
    low, high = duration(seconds.low), duration(seconds.high)
    return low if low == high else f"{low} to {high}"


def runs_table(runs: Sequence[Run]) -> Any:
    """A line for each run: when, its verdict and how it ended, its time."""
    table = grid("began", "run", "forecast", "ended", "peak", "time", "card")
    for run in runs:
        table.add_row(
            time.strftime("%Y-%m-%d %H:%M", time.localtime(run.began)),
            run.id[:SHOWN_ID],
            SIGNS.get(run.verdict, NONE),
            f"{run.outcome}{place(run)}",
            gib(run.vram_peak.best) if run.vram_peak and run.vram_peak.best else NONE,
            beside(run.forecast_seconds, run.seconds),
            run.setup.card,
        )
    return table


def nodes_table(nodes: Sequence[Done]) -> Any:
    """A line for each node of a run: its time, that of a pass, what it took beside what was forecast."""
    table = grid("node", "", "time", "a pass", "beside the weights")
    for one in nodes:
        table.add_row(
            one.node,
            printable(one.class_type),
            beside(one.forecast_seconds, one.seconds),
            beside(one.forecast_per_pass, one.per_pass),
            f"{sizes(one.beside)} → {measured(one)}" if one.beside or one.peak is not None else "",
        )
    return table


def printable(name: str) -> str:
    """A name from a workflow, of which nothing can steer a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in name)


def grid(*heads: str) -> Any:
    """An empty table of these columns."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for head in heads:
        table.add_column(head, no_wrap=True, overflow="ellipsis")
    return table


def beside(forecast: Estimate | None, measured: float | None) -> str:
    """`18 s → 19 s`; empty where neither is known."""
    if forecast is None and measured is None:
        return ""
    return f"{duration(forecast.best) if forecast else NONE} → {duration(measured) if measured else NONE}"


def sizes(forecast: Estimate | None) -> str:
    """`0.4 GiB to 1.1 GiB`, or a dash."""
    if forecast is None:
        return NONE
    low, high = amount(forecast.low), amount(forecast.high)
    return low if low == high else f"{low} to {high}"


def measured(one: Done) -> str:
    """What a node took beside its weights, with what is known of it."""
    size = taken(one)
    if size is None:
        return NONE
    bound = "≥ " if one.full else "≤ " if (one.before or 0) > (one.after or 0) else ""
    return bound + amount(size)
