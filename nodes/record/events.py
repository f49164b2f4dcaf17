"""What a listener hands to the thread that writes: plain values, cheap to make."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..host import Ended, Memory


class Begun(NamedTuple):
    """A prompt began, at `at` seconds since 1970; the prompt itself is read, and let go of, by the writer."""

    run: str
    at: float
    prompt: Mapping[str, Any]
    outputs: tuple[str, ...]


class Reading(NamedTuple):
    """A node ran. `began`: on a clock of its own; `finished`: else it failed or was stopped.

    `before`, `end`: what was read at its two ends; `whole`: the peak at its end is since its beginning.
    `steps`: seconds between the updates of its progress, of a unit each, and `units` how many it had in all;
    `beside`: the nodes that were open meanwhile and are not of the same node of the prompt.
    """

    run: str
    node: str
    real: str
    class_type: str
    began: float
    seconds: float
    before: Memory | None
    end: Memory | None
    whole: bool
    finished: bool
    steps: tuple[float, ...]
    units: float
    beside: frozenset[str]


class Over(NamedTuple):
    """A prompt is over. `waited`: nodes that were open while they only waited for others."""

    run: str
    ended: Ended
    seconds: float
    waited: frozenset[str]
