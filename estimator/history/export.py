"""Past measurements as rows that may be given to others: only what a law can be checked with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from typing import Any

from ..units import Estimate
from .rows import Done, Run

# Of text only what has these forms leaves the machine: anything else a pack or a file may have named.
LAW = re.compile(r"[\w.-]{1,48}(:[\w.-]{0,24}){3}\Z", re.ASCII)
VERSION = re.compile(r"\d{1,5}(\.\d{1,6}){0,3}(\+(cu|rocm|cpu|xpu)[\d.]{0,8})?\Z", re.ASCII)
WORD = re.compile(r"[a-z][a-z0-9_ -]{0,23}\Z", re.ASCII)
MEASURED = ("seconds", "per_pass", "before", "peak", "after", "used", "ram_used")
FORECAST = ("activations", "beside", "vram_peak", "forecast_seconds", "forecast_per_pass")


def rows(runs: Iterable[tuple[Run, Sequence[Done]]]) -> list[dict[str, Any]]:
    """One row for each measured node whose law is known; bytes and seconds, the day in UTC.

    `one_sided` and `shared` mark rows that are no points: the first says only what sufficed.
    """
    return [row(run, done) for run, nodes in runs for done in nodes if wanted(done)]


def wanted(done: Done) -> bool:
    """Whether a node says anything about a law that others have too."""
    from ..facts import names

    table = done.law.split(":")[0]
    known = f"costs/{table}" in names("costs")  # a law traced here is named after the user's own file
    return bool(known and LAW.match(done.law)) and (done.peak is not None or done.seconds is not None)


def row(run: Run, done: Done) -> dict[str, Any]:
    """One node as a row; what is not known is left out."""
    setup = run.setup
    made: dict[str, Any] = {
        "day": datetime.fromtimestamp(run.began, timezone.utc).strftime("%Y-%m-%d"),
        "gpu": card_name(setup.card),
        "total": setup.total,
        "comfy": kept(VERSION, setup.comfy),
        "torch": kept(VERSION, setup.torch),
        "attention": kept(WORD, setup.attention),
        "dynamic_vram": setup.dynamic_vram,
        "law": done.law,
        "kind": kept(WORD, done.kind),
        "shape": list(done.shape),
        "passes": done.passes,
        **{name: band(getattr(done, name)) for name in FORECAST},
        **{name: getattr(done, name) for name in MEASURED},
        "one_sided": done.full,
        "shared": done.shared,
    }
    return {name: value for name, value in made.items() if value not in (None, "")}


def card_name(name: str) -> str:
    """The id of a card that is known by this name; empty for another, whose name may say anything."""
    from ..errors import InputError
    from ..runtime.cards import card

    try:
        return str(card(name)["id"])
    except InputError:
        return ""


def kept(form: re.Pattern[str], text: str) -> str:
    """A text of a form that can hold nothing private; empty for others."""
    return text if form.match(text) else ""


def band(estimate: Estimate | None) -> list[float] | None:
    """An estimate's low, best and high."""
    return [estimate.low, estimate.best, estimate.high] if estimate else None


def toml(found: Sequence[dict[str, Any]]) -> str:
    """The rows as the tables of `data/measurements` are written."""
    import msgspec

    tables = (
        "\n".join(["[[node]]", *(f"{name} = {msgspec.json.encode(value).decode()}" for name, value in one.items())])
        for one in found
    )
    head = "# Measured nodes beside their forecasts, by `vram-forecast export`; bytes and seconds."
    return "\n\n".join([head, *tables]) + "\n"
