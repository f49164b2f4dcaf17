"""Limits as text and as JSON: the most of each quantity, how it runs there, and what stops it further on."""

from __future__ import annotations

from typing import Any

import msgspec

from ..advice.limits import Limit, Limits, Made, Quantity
from ..forecast import Forecast
from ..units import amount, duration, gib
from .paper import Paper
from .text import machine_line
from .words import SIGNS, place, sentence

SCHEMA = 1
NONE = "none"
HEADS = ("", "", "up to", "set to", "peak", "time", "runs", "one step further")
UNITS = {"frames": "frames", "seconds": "s of sound", "batch": "at once"}


def report(limits: Limits) -> dict[str, Any]:
    """The object that `limits --json` prints. Bytes and seconds; estimates as low, best, high and basis.

    `now`: what the workflow makes as it is (sides in pixels, 0 where they are not known) and how it runs.
    `quantities`: of size, frames, seconds (of sound) and batch. `value` is that of the first of `settings`,
    the widgets that are changed together; `step`: pixels that sides are multiples of; `why`: why there are no
    limits, else empty. Each limit has what it `stays`: `resident` (all on the card, with a margin), `quick`
    (at most `slowdown` times the time of that, with a margin; missing where the card's speed is not known),
    `safe` (it runs, with a margin) or `running` (it runs, perhaps without one). `value`: None where there is
    none; `edits` set it. `beyond`: how the next larger value runs, None where the widget ends; where there is
    no value, how the least one runs.
    """
    device = limits.forecast.device
    return {
        "schema": SCHEMA,
        "because": summary(limits),
        "device": {"name": device.name, "total": device.total, "free": device.free},
        "slowdown": limits.slowdown,
        "now": made(limits.made) | runs(limits.forecast),
        "quantities": [quantity(one) for one in limits.quantities],
    }


def quantity(one: Quantity) -> dict[str, Any]:
    """One quantity."""
    return {
        "quantity": one.name,
        "value": one.value if one.settings else None,
        "settings": [{"node": of.node, "input": of.input, "value": of.value} for of in one.settings],
        "step": one.step,
        "why": one.why,
        "limits": [limit(found) for found in one.limits],
    }


def limit(one: Limit) -> dict[str, Any]:
    """One limit."""
    known = one.forecast
    beyond = made(one.next) | runs(one.beyond) | {"because": stops(one)} if one.beyond else None
    return {
        "stays": one.stays,
        "value": one.value if known else None,
        **(made(one.made) if known else dict.fromkeys(made(one.made))),
        "edits": one.edits,
        **(runs(known) if known else dict.fromkeys(runs(None))),
        "beyond": beyond and {"value": one.next_value} | beyond,
    }


def made(one: Made) -> dict[str, Any]:
    """What is made."""
    return {"width": one.width, "height": one.height, "frames": one.frames, "batch": one.batch}


def runs(forecast: Forecast | None) -> dict[str, Any]:
    """How it runs."""
    names = ("verdict", "tight", "vram_peak", "seconds", "slowdown")
    found = {name: getattr(forecast, name, None) for name in names}
    where = forecast.where if forecast else None
    return found | {
        "where": where and {"node": where.node, "class_type": where.class_type, "kind": where.kind}
    }


def encode(limits: Limits) -> str:
    """The same object as JSON text."""
    return msgspec.json.encode(report(limits)).decode()


def render(limits: Limits, width: int = 100, colour: bool = False) -> str:
    """One sentence, and a table of all limits, as text of at most `width` columns."""
    from rich.text import Text

    paper = Paper(width, colour)
    console = paper.console
    console.print(Text(summary(limits), style="bold"))
    console.print()
    console.print(Text(machine_line(limits.forecast), style="dim"))
    console.print(Text(f"As it is: {sentence(limits.forecast)}", style="dim"))
    console.print()
    if any(one.limits for one in limits.quantities):
        console.print(table(limits))
    for line in without(limits):
        console.print(Text(line, style="dim"))
    return paper.text() + "\n"


def table(limits: Limits) -> Any:
    """A row for each limit of each quantity, under what the workflow has now."""
    from rich.table import Table

    found = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
    for head in HEADS:
        right = head in ("peak", "time")
        found.add_column(head, no_wrap=head != HEADS[-1], justify="right" if right else "left")
    for one in limits.quantities:
        if one.limits:
            found.add_row(one.name, "now", *said(one, one.value, limits.made), *cells(limits.forecast), "")
            for name, each in promises(one, limits).items():
                found.add_row("", name, *row(one, each))
    return found


def promises(one: Quantity, limits: Limits) -> dict[str, Limit]:
    """The limits of a quantity by what each promises; a run with a margin that is also quick is said once."""
    known = {each.stays: each for each in one.limits}
    if "quick" in known and "safe" in known and known["quick"].value == known["safe"].value:
        del known["safe"]
    words = {"resident": "resident", "safe": "with a margin", "running": "at all"}
    return {words.get(stays, f"within {limits.slowdown:g}x"): each for stays, each in known.items()}


def row(one: Quantity, each: Limit) -> tuple[str, ...]:
    """The cells of a limit."""
    if each.forecast is None:
        return NONE, "", "", "", "", f"even {spoken_value(one, each.next_value, each.next)}: {stops(each)}"
    end = stops(each) or "as far as it is looked for"
    return *said(one, each.value, each.made), *cells(each.forecast), end


def cells(forecast: Forecast) -> tuple[str, str, str]:
    """Peak, time and verdict of a run."""
    word = SIGNS[forecast.verdict]
    fails = forecast.verdict in ("oom", "spill", "unknown")
    time = duration(forecast.seconds.best) if forecast.seconds and not fails else ""
    return gib(forecast.vram_peak.best), time, f"{word}, tight" if forecast.tight else word


def said(one: Quantity, value: float, what: Made) -> tuple[str, str]:
    """A value as a person says it, and what the widget says where that is something else."""
    if one.name == "size":
        shown, plain = f"{number(what.width)} x {number(what.height)}", value == what.longer
    else:
        amount_of = {"frames": what.frames, "batch": what.batch}.get(one.name, value)
        shown, plain = number(amount_of), value == amount_of
    return shown, "" if plain or not one.settings else f"{value:g}"


def spoken_value(one: Quantity, value: float, what: Made) -> str:
    """Both in one."""
    shown, widget = said(one, value, what)
    return f"{shown} ({one.settings[0].input.rpartition('.')[2]} {widget})" if widget else shown


def number(value: float) -> str:
    """`1 344`."""
    return f"{value:,.10g}".replace(",", " ")


def written(one: Quantity) -> str:
    """The widgets that set a quantity."""
    nodes: dict[str, list[str]] = {}
    for setting in one.settings:
        nodes.setdefault(setting.node, []).append(setting.input)
    places = [f"{' and '.join(names)} of node {node}" for node, names in nodes.items()]
    shown = ", ".join(places[:2]) + f" and {len(places) - 2} more" * (len(places) > 2)
    multiples = f", multiples of {one.step}" if one.step > 1 and not one.settings[0].digits else ""
    return f"{one.name.capitalize()}: set by {shown}{multiples}."


def stops(each: Limit) -> str:
    """Why it goes no further than a limit, in a few words."""
    run = each.beyond
    if run is None:
        return ""
    where = run.where
    if run.verdict == "oom" and (where is None or where.verdict != "oom"):
        return f"out of system memory in {place(where)}"
    if run.verdict in ("oom", "spill"):
        return f"{SIGNS[run.verdict]} in {place(where)}"
    if run.verdict == "unknown":
        return "not known"
    if run.verdict == "disk" and each.stays in ("resident", "quick"):
        return "reads files from disk again in every run"
    if each.stays == "resident" and run.verdict == "streamed" and where:
        return f"streams {amount(where.streamed)} in {place(where)}"
    tight = [step for step in run.steps if step.tight]
    if tight:
        return f"no margin in {place(max(tight, key=lambda step: step.need.best))}"
    if run.tight:
        return "no margin of RAM"
    return f"{run.slowdown.best:.1f}x the time" if run.slowdown else "not known"


def summary(limits: Limits) -> str:
    """The answer in a sentence, about the first quantity that has limits."""
    card = f"On {gib(limits.forecast.device.total)}"
    first = next((one for one in limits.quantities if one.limits), None)
    if first is None:
        return f"{card} there are no limits to look for: {'; '.join(dict.fromkeys(why(limits)))}."
    if not any(each.forecast for one in limits.quantities for each in one.limits if each.stays == "running"):
        return f"{card} nothing makes it run: no size, no number of frames and no batch."
    return f"{card}: {', '.join(parts(first, limits))}."


def parts(one: Quantity, limits: Limits) -> list[str]:
    """The limits of a quantity in the sentence, but what an earlier one said already."""
    words = {
        "resident": "stays resident",
        "quick": f"runs within {limits.slowdown:g}x the time",
        "safe": "runs with a margin",
        "running": "is the end",
    }
    found, said_before = list[str](), set[float | None]()
    for each in one.limits:
        value = each.value if each.forecast else None
        if value is None or value not in said_before or each.stays == "running":
            quick = any(other.stays == "quick" and other.forecast for other in one.limits)
            if each.stays != "safe" or not quick:
                found.append(part(one, each, words[each.stays]))
        said_before.add(value)
    return found


def part(one: Quantity, each: Limit, text: str) -> str:
    """One limit in the sentence."""
    if each.forecast is None:
        return f"no {one.name} {text}" if each.stays != "running" else f"no {one.name} runs"
    unit = f" {UNITS[one.name]}" if one.name in UNITS else ""
    up = "up to " if each.stays == "resident" else ""
    if each.stays == "running" and each.beyond is None:
        text = "runs, as far as it is looked for"
    return f"{up}{spoken_value(one, each.value, each.made)}{unit} {text}"


def why(limits: Limits) -> list[str]:
    """Why quantities have no limits."""
    return [one.why for one in limits.quantities if one.why]


def without(limits: Limits) -> list[str]:
    """Where each quantity is set, and why there are no limits of others."""
    if not any(one.limits for one in limits.quantities):
        return []
    lines = [written(one) for one in limits.quantities if one.limits]
    lines += [f"No limit of {one.name}: {one.why}." for one in limits.quantities if one.why]
    known = [each for one in limits.quantities for each in one.limits]
    if any(each.forecast for each in known) and not any(each.stays == "quick" for each in known):
        lines.append(
            "How much slower it gets is not known for this card and workflow: name the card with --gpu."
        )
    return lines
