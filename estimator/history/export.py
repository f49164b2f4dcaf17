"""Past measurements as rows that may be given to others: only what a law can be checked with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from typing import Any

from ..units import Estimate
from .rows import Done, Run, Setup

# Of text only what has these forms leaves the machine: anything else a pack or a file may have named.
LAW = re.compile(
    r"(?P<table>[\w.-]+):(?P<operation>[a-z_]+?)(_masked|_depth_\d)?:(?P<storage>\w+):\d\Z", re.ASCII
)
VERSION = re.compile(r"\d{1,5}(\.\d{1,6}){0,3}(\+(cu|rocm|cpu|xpu)[\d.]{0,8})?\Z", re.ASCII)
MEASURED = ("seconds", "per_pass", "before", "peak", "after", "used", "ram_used")
FORECAST = ("activations", "beside", "vram_peak", "forecast_seconds", "forecast_per_pass")


def rows(runs: Iterable[tuple[Run, Sequence[Done]]]) -> list[dict[str, Any]]:
    """One row for each measured node whose law is known; bytes and seconds, the day in UTC.

    `one_sided` and `shared` mark rows that are no points: the first says only what sufficed.
    """
    return [row(run, done) for run, nodes in runs for done in nodes if wanted(done)]


def wanted(done: Done) -> bool:
    """Whether a node says anything about a law that others have too."""
    return shipped(done.law) and (done.peak is not None or done.seconds is not None)


def shipped(law: str) -> bool:
    """Whether a law is one of `data/costs`: one that was traced here is named after the user's own model."""
    from .. import facts

    form = LAW.match(law)
    if not form or f"costs/{form['table']}" not in facts.names("costs"):
        return False
    ours = facts.table(f"costs/{form['table']}")["law"]
    operations, storages = ({one[key] for one in ours} for key in ("operation", "storage"))
    return form["operation"] in operations and form["storage"] in storages


def row(run: Run, done: Done) -> dict[str, Any]:
    """One node as a row; what is not known is left out."""
    setup = run.setup
    made: dict[str, Any] = {
        "day": datetime.fromtimestamp(run.began, timezone.utc).strftime("%Y-%m-%d"),
        "gpu": card_name(setup),
        "total": setup.total,
        "comfy": kept(VERSION, setup.comfy),
        "torch": kept(VERSION, setup.torch),
        "attention": setup.attention if setup.attention in attentions() else "",
        "dynamic_vram": setup.dynamic_vram,
        "law": done.law,
        "shape": list(done.shape),
        "passes": done.passes,
        **{name: band(getattr(done, name)) for name in FORECAST},
        **{name: getattr(done, name) for name in MEASURED},
        "one_sided": done.full,
        "shared": done.shared,
    }
    return {name: value for name, value in made.items() if value not in (None, "")}


def card_name(setup: Setup) -> str:
    """The id of the card, where it is one that is known; empty for another, whose name may say anything."""
    from ..runtime.cards import card_here

    found = card_here(setup.card, setup.total)
    return str(found["id"]) if found else ""


def attentions() -> set[str]:
    """The words for ways of attention."""
    from .. import facts

    choice = facts.table("attention")["choice"]
    return {"fused", *choice["flags"].values(), *choice["backends"].values()}


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
        "\n".join(
            ["[[node]]", *(f"{name} = {msgspec.json.encode(value).decode()}" for name, value in one.items())]
        )
        for one in found
    )
    head = "# Measured nodes beside their forecasts, by `vram-forecast export`; bytes and seconds."
    return "\n\n".join([head, *tables]) + "\n"
