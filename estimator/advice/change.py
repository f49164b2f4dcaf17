"""What a rule offers: edits of the graph, or another set-up of the machine, and what they cost the user."""

from __future__ import annotations

from typing import Literal

import msgspec

from ..runtime import Machine
from ..workflow import Graph
from ..workflow.edits import Edit

Applicability = Literal["lossless", "lossy", "manual"]


class Download(msgspec.Struct, frozen=True):
    """A file that a change needs and that is not on disk: where it is had from, and where it goes.

    `directory`: ComfyUI's folder, as the nodes' `properties.models` has it. `bytes`: exact where its
    publisher lists them, else worked out from shapes (`exact` says which).
    """

    file: str
    url: str
    directory: str
    bytes: int
    exact: bool = True
    gated: bool = False


class Change(msgspec.Struct, frozen=True):
    """One thing that could be changed. A rule gives its changes with the mildest first.

    `title`: what to do, verb first, in one line. `choice`: what tells it from the rule's other changes: a
    file, a size. `edits` are those of the graph; `machine` is the machine after it, for what no edit can do,
    and `graph` what the graph comes to where the user has to make it, with no edits.
    `harm`: how much worse the result gets, in ranks of `data/advice.toml` (0: not at all). `quality`: that in
    words. `effects`: what else changes, each a half sentence ("cfg must be 1"). `needs`: packs that must be
    installed. `applicability`: where it differs from its rule's.
    """

    title: str
    choice: str = ""
    edits: tuple[Edit, ...] = ()
    machine: Machine | None = None
    graph: Graph | None = None
    harm: float = 0
    quality: str = ""
    effects: tuple[str, ...] = ()
    downloads: tuple[Download, ...] = ()
    needs: tuple[str, ...] = ()
    applicability: Applicability | None = None

    @property
    def bytes(self) -> int:
        """What has to be downloaded for it."""
        return sum(one.bytes for one in self.downloads)
