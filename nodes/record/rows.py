"""What was read of a node, beside what was forecast of it: the row that is kept and learned from."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import TYPE_CHECKING, Any

from ..host import Memory
from .events import Reading

if TYPE_CHECKING:
    from ...estimator.forecast import Forecast, StepForecast
    from ...estimator.history.rows import Done


class Rows:
    """Makes the rows of one run; `total`: the card's bytes."""

    def __init__(self, forecast: Forecast | None, total: int, rules: dict[str, Any]) -> None:
        """`forecast`: of the prompt, where there is one."""
        self.total, self.rules = total, rules
        self.steps: dict[str, list[StepForecast]] = {}
        for step in forecast.steps if forecast else ():
            self.steps.setdefault(step.node, []).append(step)

    def row(self, readings: Sequence[Reading], waited: frozenset[str], outcome: str) -> Done:
        """The row of a node of the prompt: of what was read of it, or of all the nodes that it made."""
        from ...estimator.history.rows import Done

        parts = sorted(readings, key=lambda one: one.began)
        first, last = parts[0], parts[-1]
        finished = all(one.finished for one in parts)
        end, step = last.end, self.step(first.real)
        return Done(
            run=first.run,
            node=first.real,
            class_type=first.class_type,
            seconds=sum(one.seconds for one in parts),
            per_pass=self.per_pass(parts, step.passes) if step else None,
            before=told(first.before, "allocated"),
            peak=peak(parts),
            after=told(end, "allocated") if finished else None,
            used=told(end, "used"),
            card_peak=card_peak(parts),
            ram_used=told(end, "ram_used"),
            full=any(map(self.full, parts)) if finished else outcome == "out of memory",
            shared=any(one.beside - waited for one in parts),
            **(forecast_of(step) if step else {}),
        )

    def step(self, node: str) -> StepForecast | None:
        """The one step of a node that has a price; None where it has several, or none."""
        priced = [step for step in self.steps.get(node, ()) if step.by_law]
        return priced[0] if len(priced) == 1 else None

    def per_pass(self, parts: Sequence[Reading], passes: int) -> float | None:
        """Seconds of a pass: the middle time between updates of progress, over the passes in a step.

        None where passes and steps do not go together: then the progress is of something else.
        """
        steps, units = [one for part in parts for one in part.steps], sum(part.units for part in parts)
        if not steps or not units:
            return None
        each = passes / units
        whole = max(1, round(each))
        return median(steps) / whole if abs(each / whole - 1) <= self.rules["uneven"] else None

    def full(self, reading: Reading) -> bool:
        """Whether the card was full at some moment: the allocator had to give back what it held, or what was
        left at the peak is too little. What others hold is taken to be at the peak what it is at the end.
        """
        before, end = reading.before, reading.end
        if end is None:
            return False
        if before and None not in (before.retries, end.retries) and end.retries > before.retries:
            return True
        if not self.total or None in (end.used, end.peak, end.reserved):
            return False
        return bool(self.total - at_peak(end) < self.rules["full_bytes"])


def own(readings: Sequence[Reading], waited: frozenset[str]) -> Sequence[Reading]:
    """What was read of a node's own work: without nodes that waited for those that they had made."""
    working = [one for one in readings if one.node not in waited]
    return working or readings


def told(memory: Memory | None, name: str) -> int | None:
    """One number of a reading."""
    return getattr(memory, name) if memory else None


def peak(parts: Sequence[Reading]) -> int | None:
    """The most that was allocated in any of them; None where one of them has not its own."""
    found = [told(one.end, "peak") if one.whole else None for one in parts]
    known = [one for one in found if one is not None]
    return max(known) if len(known) == len(found) else None


def card_peak(parts: Sequence[Reading]) -> int | None:
    """The most of the card that all programs had in use in any of them; None where one does not tell."""
    ends = [part.end for part in parts if part.whole and part.end]
    known = [at_peak(end) for end in ends if None not in (end.used, end.peak, end.reserved)]
    return max(known) if known and len(known) == len(parts) else None


def at_peak(end: Memory) -> int:
    """What of the card was in use at the peak before `end`, if others held then what they hold there."""
    return int((end.used or 0) + max(0, (end.peak or 0) - (end.reserved or 0)))


def forecast_of(step: StepForecast) -> dict[str, Any]:
    """What was forecast of a step. One that fails whole and is retried in tiles has no law: what is measured
    there is the failure.
    """
    by_law = step.by_law
    return {
        "kind": step.kind,
        "law": "" if step.tiled else step.law,
        "shape": step.shape,
        "passes": step.passes,
        "activations": by_law.activations if by_law else None,
        "beside": step.activations + step.workspace,
        "vram_peak": step.vram_peak,
        "forecast_seconds": step.seconds,
        "forecast_per_pass": by_law.seconds if by_law else None,
        "streamed": step.streamed,
    }
