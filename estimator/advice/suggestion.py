"""A change that was forecast, and helps: what it saves and how the workflow runs with it."""

from __future__ import annotations

import msgspec

from ..forecast import Forecast, Verdict
from ..units import gib
from ..workflow.edits import Edit
from .change import Applicability, Download
from .judge import demand, quicker, reads_less


class Suggestion(msgspec.Struct, frozen=True):
    """One change, or two together, and the forecast after it.

    `code`: its rule's, with what was chosen behind a colon (`lighter-model:flux1-dev-Q8_0.gguf`), two joined
    by `+`. `saves`: bytes of VRAM at the peak step; `saves_ram`: bytes of RAM. Seconds: of the first and of
    the next run. `harm`, `quality`, `effects`, `downloads`, `needs`: as of `Change`.
    """

    code: str
    title: str
    why: str
    applicability: Applicability
    edits: tuple[Edit, ...]
    saves: int
    saves_ram: int
    verdict_after: Verdict
    tight_after: bool
    seconds_after: float | None
    seconds_again_after: float | None
    harm: float = 0
    quality: str = ""
    effects: tuple[str, ...] = ()
    downloads: tuple[Download, ...] = ()
    needs: tuple[str, ...] = ()


class Checked(msgspec.Struct, frozen=True):
    """A forecast, and the changes of the workflow that would make it better, the best first."""

    forecast: Forecast
    suggestions: tuple[Suggestion, ...] = ()


def saved(after: Forecast, before: Forecast) -> tuple[int, int]:
    """Bytes of VRAM at the peak step, and of RAM at its peak, that a change saves."""
    return round(demand(before) - demand(after)), round(before.ram_peak.best - after.ram_peak.best)


def why(after: Forecast, before: Forecast) -> str:
    """What changes, in a few words."""
    if after.verdict != before.verdict:
        return f"{before.verdict} becomes {after.verdict}"
    if before.tight and not after.tight:
        return "no longer tight"
    if quicker(after, before):
        return "quicker"
    if reads_less(after, before):
        return f"{gib(after.disk_bytes)} instead of {gib(before.disk_bytes)} read again from disk"
    retried = any(step.tiled for step in before.steps)
    return "no longer retried in tiles" if retried else "at nearly full speed"
