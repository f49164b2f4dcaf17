"""What a rule may look at: the graph, the machine, the work it comes to and how that will run."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import msgspec

from ..forecast import Forecast, run
from ..models.library import Library
from ..runtime import Machine
from ..workflow import Graph, Loaded, Step, Workload, lower
from ..workflow.edits import apply
from .change import Change


class Case(msgspec.Struct, frozen=True, dict=True):
    """A workflow on a machine, with the files that `library` finds. All that follows is worked out once."""

    graph: Graph
    machine: Machine
    library: Library

    @cached_property
    def workload(self) -> Workload:
        """What the workflow asks of the machine."""
        return lower(self.graph, self.library)

    @cached_property
    def forecast(self) -> Forecast:
        """How it will run."""
        return run(self.workload, self.machine)

    @cached_property
    def loaded(self) -> dict[str, Loaded]:
        """What is loaded, by the keys that steps have for it."""
        return self.workload.loaded

    @cached_property
    def kept(self) -> dict[Any, Any]:
        """What several rules work out of it and keep here, by names of their own."""
        return {}

    def after(self, change: Change) -> Case:
        """The case once a change is made."""
        machine = change.machine or self.machine
        if change.graph or change.edits:
            return Case(change.graph or apply(self.graph, change.edits), machine, self.library)
        same = Case(self.graph, machine, self.library)
        same.__dict__["workload"] = self.workload  # which does not ask for the machine
        return same

    def steps(self, wanted: Callable[[Step], bool]) -> list[Step]:
        """The steps of the workload that are wanted, in execution order."""
        return [step for step in self.workload.steps if wanted(step)]
