"""What is kept of a run: one row of it, and one of each node that ran."""

from __future__ import annotations

from typing import Literal

import msgspec

from ..units import Estimate

Outcome = Literal["running", "done", "failed", "interrupted", "out of memory"]


class Setup(msgspec.Struct, frozen=True):
    """What measured numbers hold for: the card and its bytes, the versions, and the way of attention."""

    card: str
    total: int
    comfy: str
    torch: str
    attention: str
    dynamic_vram: bool


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One prompt: when it began (seconds since 1970), what was forecast for it, and how it ended.

    `graph`: a digest of the prompt without its seeds and texts, by which runs of one workflow are known.
    """

    id: str
    began: float
    graph: str
    setup: Setup
    verdict: str = ""
    vram_peak: Estimate | None = None
    forecast_seconds: Estimate | None = None
    outcome: Outcome = "running"
    node: str = ""
    seconds: float | None = None


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """One node of a run; bytes and seconds. What was not forecast or not measured is None.

    `law`: which law the forecast took, empty where the node has no step or several. `activations` and
    `forecast_per_pass` are what that law says of a pass without any correction (`StepForecast.by_law`), so
    that what is learned never feeds on itself; `beside`: what was forecast beside the weights of one pass in
    all; `streamed`: weights forecast to come anew in each pass, bytes. `vram_peak`: the card's whole, as
    forecast. Measured: `peak`: the most that torch had allocated; `before`, `after`: what it had at the
    node's two ends, no `after` where it failed; `used`: of the card, by all programs, at its end, and
    `card_peak` at its peak; `per_pass`: the middle of the times between a sampler's steps, over the passes
    of a step. `full`: the card was full at some moment, so that the peak says what sufficed, not what it
    would have been; `shared`: another node ran at the same time.
    """

    run: str
    node: str
    class_type: str
    kind: str = ""
    law: str = ""
    shape: tuple[int, ...] = ()
    passes: int = 0
    activations: Estimate | None = None
    beside: Estimate | None = None
    streamed: int = 0
    vram_peak: Estimate | None = None
    forecast_seconds: Estimate | None = None
    forecast_per_pass: Estimate | None = None
    seconds: float | None = None
    per_pass: float | None = None
    before: int | None = None
    peak: int | None = None
    after: int | None = None
    used: int | None = None
    card_peak: int | None = None
    ram_used: int | None = None
    full: bool = False
    shared: bool = False
