"""What a memory manager answers: how much of each model is on the card while a step runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from .weights import Held


class Ask(msgspec.Struct, frozen=True):
    """What a step asks of the manager, bytes. `reserve` and `minimum` are ComfyUI's own estimates.

    `activations`: what the step will really need beside its weights; `full`: no partial load.
    """

    reserve: int
    minimum: int | None
    activations: int
    full: bool = False


class Placement(msgspec.Struct, frozen=True):
    """One model during a step, bytes: on the card, streamed in each pass, and copied there to begin.

    `yields`: the bytes on the card give way to an allocation, but for those `forced` to stay; `pinned`: the
    others lie in pinned RAM; `staged`: bytes of all pages of the dynamic manager's, as its log says them.
    """

    key: str
    weights: int
    resident: int
    buffer: int
    uploaded: int
    log: str = ""
    yields: bool = False
    pinned: bool = True
    forced: int = 0
    staged: int = 0

    @property
    def streamed(self) -> int:
        """Bytes that every forward pass moves to the card."""
        return self.weights - self.resident


class Manager(Protocol):
    """A memory manager over a prompt: it remembers what earlier steps left on the card."""

    def place(self, models: Sequence[Held], ask: Ask) -> tuple[Placement, ...]:
        """Make room for a step and load its models, the main one first in `models`."""

    def free(self) -> int:
        """Bytes free on the card now, as ComfyUI would count them for its batching."""

    def occupied(self) -> int:
        """Bytes of weights on the card now, all models together."""

    def fixed(self) -> int:
        """Bytes of weights on the card that do not give way to an allocation."""

    def forced(self) -> int:
        """Bytes among those of models that have pages: what of them lies outside of these."""

    def yields(self, held: Held) -> bool:
        """Whether this model's weights give way to an allocation that needs room."""
