"""What a forecast says: each step's memory and time, and the verdict over all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from ..runtime import Device, Host, Policy
from ..units import ZERO, Estimate
from ..workflow.values import Kind, Node

Verdict = Literal["resident", "streamed", "disk", "spill", "unknown", "oom"]
# From the best to the worst; `unknown` stands above all that is a promise.
VERDICTS: tuple[Verdict, ...] = ("resident", "streamed", "disk", "spill", "unknown", "oom")


class ComponentForecast(msgspec.Struct, frozen=True):
    """One component as it will be held; bytes in its storage type."""

    key: str
    node: str
    file: str
    role: str
    family: str
    title: str
    storage_dtype: str
    compute_dtype: str
    bytes: int
    manager: Literal["dynamic", "legacy"]
    problem: str = ""
    assumed: bool = False


class Beside(msgspec.Struct, frozen=True):
    """Seconds beside those of the same work with all weights on the card.

    `least`: where the card computes slowly and what slows it is fast, `most`: the other way round. Both times
    share the card, so neither band's ends lie beside the other's.
    """

    least: tuple[float, float]
    best: tuple[float, float]
    most: tuple[float, float]

    def times(self, factor: float) -> Beside:
        """The same so many times over."""
        least, best, most = (
            (one * factor, ideal * factor) for one, ideal in (self.least, self.best, self.most)
        )
        return Beside(least, best, most)


class ByLaw(msgspec.Struct, frozen=True):
    """What a law says of a pass where nothing was learned: by this, what was measured teaches the next.

    `activations`: bytes; `seconds`: of computing with all weights on the card, None where not known.
    """

    activations: Estimate
    seconds: Estimate | None = None


class StepForecast(msgspec.Struct, frozen=True):
    """One step. Bytes, but `seconds`; `streamed` and `activations` are per pass, `need` is what cannot yield.

    `uploaded`: copied to the card to begin; `occupied`: weights of all models there,
    `fixed`: those of them of models without pages, which do not give way.
    `tiled`: a VAE step that will not fit whole and is retried in tiles. `law`: the name of what a pass is
    priced by, `<cost table>:<operation>:<storage>:<compute bytes>`, of several in one pass joined by `+`;
    empty where there is none. `by_law`: what that says, without a correction. `ram`: what it gives, in
    system memory; `ram_kept`: all that lies there and cannot be dropped while it runs.
    """

    node: str
    class_type: str
    title: str
    kind: Kind
    components: tuple[str, ...]
    verdict: Verdict
    shape: tuple[int, ...] = ()
    passes: int = 1
    weights: int = 0
    resident: int = 0
    streamed: int = 0
    uploaded: int = 0
    occupied: int = 0
    fixed: int = 0
    forced: int = 0
    buffer: int = 0
    activations: Estimate = ZERO
    workspace: Estimate = ZERO
    comfy_reserves: int | None = None
    need: Estimate = ZERO
    vram_peak: Estimate = ZERO
    ram: int = 0
    ram_kept: int = 0
    seconds: Estimate | None = None
    resident_seconds: Estimate | None = None
    beside: Beside | None = None
    tiled: bool = False
    tight: bool = False
    because: str = ""
    law: str = ""
    by_law: ByLaw | None = None

    @property
    def slowdown(self) -> Estimate | None:
        """How many times as long it takes as with all weights on the card; None where not known."""
        return ratio((self.beside,))


class Forecast(msgspec.Struct, frozen=True):
    """The forecast of one workflow on one machine. `where` is the worst step; bytes and seconds.

    `ram_peak`: RAM with which no run reads a file twice; `ram_kept`: what of it cannot be dropped at its
    peak, `ram_short`: what of that finds no room in RAM and swap, `swapped`: what finds none in RAM.
    `disk_bytes`: what every run reads again from disk, since it does not stay in RAM; `cold_bytes`: what the
    first run reads there where RAM holds no file yet, which `seconds` leaves out. `seconds_again`: of the
    next run, in which only the seeds are others.
    """

    verdict: Verdict
    tight: bool
    where: StepForecast | None
    device: Device
    host: Host
    policy: Policy
    vram_peak: Estimate
    ram_peak: Estimate
    ram_kept: Estimate
    ram_short: int
    swapped: int
    disk_bytes: int
    cold_bytes: int
    seconds: Estimate | None
    seconds_again: Estimate | None
    resident_seconds: Estimate | None
    nodes: int
    unknown: tuple[Node, ...]
    assumed: tuple[Node, ...]
    missing: tuple[str, ...]
    components: tuple[ComponentForecast, ...]
    steps: tuple[StepForecast, ...]

    @property
    def slowdown(self) -> Estimate | None:
        """How many times as long the first run takes as with all weights on the card; None where unknown."""
        return ratio([step.beside for step in self.steps])


def ratio(steps: Sequence[Beside | None]) -> Estimate | None:
    """How many times as long steps take together, never below 1; None where one is not known."""
    known = [one for one in steps if one is not None]
    if not known or len(known) < len(steps):
        return None
    ends = (
        added(one.least for one in known),
        added(one.best for one in known),
        added(one.most for one in known),
    )
    if not all(ideal for _, ideal in ends):
        return None
    found = [max(1.0, seconds / ideal) for seconds, ideal in ends]
    return Estimate(min(found), found[1], max(found), "modelled")


def added(pairs: Iterable[tuple[float, float]]) -> tuple[float, float]:
    """Both seconds of some pairs, added up."""
    ours, ideal = zip(*pairs, strict=True)
    return sum(ours), sum(ideal)


def worst(verdicts: list[Verdict]) -> Verdict:
    """The worst of several verdicts; `resident` of none."""
    return max(verdicts, key=VERDICTS.index, default="resident")
