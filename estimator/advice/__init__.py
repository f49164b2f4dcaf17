"""What would help: each rule's edits are forecast on a copy of the graph before they are offered."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import msgspec

from ..forecast import VERDICTS, Forecast, Verdict
from ..workflow.graph import Graph
from .edits import Edit, apply
from .rules import RULES

__all__ = ["Checked", "Edit", "Suggestion", "apply", "suggest"]

WORTHWHILE = 0.9  # a change that only saves time saves at least a tenth of it


class Suggestion(msgspec.Struct, frozen=True):
    """One change: what it is, what it saves at the peak (bytes), and the forecast after it (seconds)."""

    code: str
    title: str
    why: str
    applicability: str
    edits: tuple[Edit, ...]
    saves: int
    verdict_after: Verdict
    seconds_after: float | None
    tight_after: bool


class Checked(msgspec.Struct, frozen=True):
    """A forecast, and the changes of the workflow that would make it better."""

    forecast: Forecast
    suggestions: tuple[Suggestion, ...] = ()


def suggest(graph: Graph, forecast: Forecast, again: Callable[[Graph], Forecast]) -> tuple[Suggestion, ...]:
    """The changes that make `forecast` better, the best first; `again` forecasts a changed graph."""
    if forecast.verdict == "resident" and not forecast.tight and not any(s.tiled for s in forecast.steps):
        return ()
    found = [one for rule in RULES if (one := attempt(rule, graph, forecast, again))]
    return tuple(
        sorted(found, key=lambda one: (badness(one.verdict_after, one.tight_after), one.seconds_after or 0))
    )


def attempt(
    rule: ModuleType, graph: Graph, forecast: Forecast, again: Callable[[Graph], Forecast]
) -> Suggestion | None:
    """The suggestion of one rule, or None where it does not apply or does not help."""
    edits = rule.edits(graph, forecast)
    after = again(apply(graph, edits)) if edits else forecast
    if not better(after, forecast):
        return None
    return Suggestion(
        code=rule.CODE,
        title=rule.TITLE,
        why=why(after, forecast),
        applicability=rule.APPLICABILITY,
        edits=edits,
        saves=round(need(forecast) - need(after)),
        verdict_after=after.verdict,
        seconds_after=after.seconds.best if after.seconds else None,
        tight_after=after.tight,
    )


def better(after: Forecast, before: Forecast) -> bool:
    """Whether the verdict is better, or as good and clearly quicker."""
    new, old = badness(after.verdict, after.tight), badness(before.verdict, before.tight)
    quicker = after.seconds and before.seconds and after.seconds.best < before.seconds.best * WORTHWHILE
    return new < old or (new == old and bool(quicker))


def badness(verdict: Verdict, tight: bool) -> tuple[int, bool]:
    """A verdict as something that sorts."""
    return VERDICTS.index(verdict), tight


def need(forecast: Forecast) -> float:
    """Bytes that the worst step would take if nothing streamed."""
    return max((step.need.best + step.streamed for step in forecast.steps), default=0.0)


def why(after: Forecast, before: Forecast) -> str:
    """What changes, in a few words."""
    if after.verdict != before.verdict:
        return f"{before.verdict} becomes {after.verdict}"
    if before.tight and not after.tight:
        return "no longer tight"
    return "quicker"
