"""What past runs were forecast to take beside what they took, as text and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from ..history.rows import Done, Run
from ..units import Estimate, amount, duration
from .words import SIGNS

SCHEMA = 1
NONE = "No run has been recorded yet."
UNKNOWN = "unknown"


def encode(runs: Sequence[Run], nodes: Sequence[Done] | None = None) -> str:
    """The runs as JSON; with `nodes`, those of the one run, each with how its peak and seconds differ."""
    shown: dict[str, Any] = {"schema": SCHEMA, "runs": runs}
    if nodes is not None:
        shown["nodes"] = [msgspec.to_builtins(one) | {"differs": differs(one)} for one in nodes]
    return msgspec.json.encode(shown).decode()


def render(runs: Sequence[Run], nodes: Sequence[Done] = (), width: int = 100) -> str:
    """A line for each run, newest first, and then a line for each node of the first of them."""
    if not runs:
        return NONE
    lines = [run_line(run) for run in runs]
    if nodes:
        lines += ["", f"Nodes of run {runs[0].id}:", *(f"  {node_line(one)}" for one in nodes)]
    return "\n".join(cut(one_line_kept(line), width) for line in lines)


def run_line(run: Run) -> str:
    """When it began, how it ended, the verdict and the seconds beside those forecast, and its id."""
    when = datetime.fromtimestamp(run.began).strftime("%Y-%m-%d %H:%M")
    ended = run.outcome + (f" in node {run.node}" if run.node else "")
    verdict = f"forecast: {SIGNS.get(run.verdict, run.verdict)}" if run.verdict else "no forecast"
    return f"{when}  {ended}  {verdict}; {beside(run.forecast_seconds, run.seconds, duration)}  {run.id}"


def node_line(done: Done) -> str:
    """One node: its peak of VRAM beside torch's own tensors, and its seconds."""
    said = [f"{done.class_type} (node {done.node})"]
    taken, forecast = peak_beside(done), done.beside
    if taken is not None or forecast is not None:
        at_least = " (card full: at least)" if done.full else ""
        said.append(f"beside weights {beside(forecast, taken, amount)}{at_least}")
    said.append(f"time {beside(done.forecast_seconds, done.seconds, duration)}")
    if done.shared:
        said.append("another node ran with it")
    return "; ".join(said)


def peak_beside(done: Done) -> int | None:
    """What torch had allocated at most beyond what it had when the node began; bytes."""
    if done.peak is None or done.before is None:
        return None
    return max(0, done.peak - done.before)


def beside(forecast: Estimate | None, measured: float | None, unit: Any) -> str:
    """The band forecast, what was measured, and the difference in words."""
    band = f"{unit(forecast.low)} to {unit(forecast.high)}" if forecast else UNKNOWN
    taken = UNKNOWN if measured is None else unit(measured)
    word = difference(forecast, measured)
    return f"forecast {band}, measured {taken}" + (f", {word}" if word else "")


def difference(forecast: Estimate | None, measured: float | None) -> str:
    """`as forecast` inside the band, or by how much it is past its nearer end; empty where one is missing."""
    if forecast is None or measured is None:
        return ""
    if forecast.low <= measured <= forecast.high:
        return "as forecast"
    end, word = (forecast.high, "more") if measured > forecast.high else (forecast.low, "less")
    return f"{abs(measured - end) / end:.0%} {word}" if end else word


def differs(done: Done) -> dict[str, str]:
    """The differences of a node in words."""
    return {
        "beside": difference(done.beside, peak_beside(done)),
        "seconds": difference(done.forecast_seconds, done.seconds),
    }


def one_line_kept(line: str) -> str:
    """A line without control characters, its columns as they are."""
    return "".join(letter if letter.isprintable() else "?" for letter in line)


def cut(line: str, width: int) -> str:
    """A line no wider than the terminal, broken at words and indented."""
    import textwrap

    if len(line) <= width:
        return line
    return "\n".join(textwrap.wrap(line, max(20, width), subsequent_indent="    ", break_on_hyphens=False))
