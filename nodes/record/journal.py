"""A run as it is written down: its forecast first, then each node beside it, then how it ended."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import answers
from ..answers.machine import machine, setup
from ..answers.threads import threads
from ..host import Ended, Host, Seen
from .digest import digest
from .events import Begun, Over, Reading
from .rows import Rows, own
from .said import once, quietly

if TYPE_CHECKING:
    from ... import estimator
    from ...estimator.history.rows import Done, Run
    from ...estimator.history.store import Store

STORE = "the memory of past runs is not written"


def rules() -> dict[str, Any]:
    """The settings of this room: the table `recording` of data/comfyui_side.toml."""
    from ...estimator import facts

    return dict(facts.table("comfyui_side")["recording"])


class Journal:
    """Writes events to the store, in one thread; without a store, the frontend is told all the same."""

    def __init__(self, host: Host, path: Path, rules: dict[str, Any]) -> None:
        """Nothing is opened yet."""
        self.host, self.path, self.rules = host, path, rules
        self.store: Store | None = None
        self.forget("")

    def forget(self, run: str) -> None:
        """From now on it is another run, of which nothing is known; none without a name."""
        self.run, self.begun, self.rows = run, False, Rows(None, 0, self.rules)
        self.held: dict[str, list[Reading]] = {}
        self.lost: set[str] = set()
        self.told: list[Done] = []

    def write(self, event: Begun | Reading | Over) -> None:
        """Write one event; of a run whose beginning was lost, nothing."""
        if isinstance(event, Begun):
            self.begin(event)
        elif event.run == self.run:
            self.node(event) if isinstance(event, Reading) else self.end(event)

    def begin(self, event: Begun) -> None:
        """The row of a run, with its forecast and what it ran on."""
        if self.run:  # its end was lost
            self.end(Over(self.run, Ended("interrupted"), 0.0, frozenset()))
        self.forget(event.run)
        forecast, seen = self.foreseen(event), quietly("the machine is not recorded", self.host.look)
        if seen is None:
            return
        self.rows = Rows(forecast, seen.vram_total, self.rules)
        row = quietly("a run is not recorded", lambda: run_row(event, seen, forecast))
        self.begun = row is not None and self.kept(lambda store: store.begin(row))

    def foreseen(self, event: Begun) -> estimator.Forecast | None:
        """The forecast of a prompt, if there is one in time. It is made in a thread that may hang."""

        def work() -> estimator.Checked:
            return answers.checked(dict(event.prompt), outputs=event.outputs)

        try:
            answer = threads().ask(object(), work)
            found: estimator.Checked = answer.result(self.rules["forecast_seconds"])
        except answers.NoForecast:  # a prompt that cannot be forecast; a defect was logged there
            return None
        except Exception as error:
            once("runs are recorded without a forecast", error)
            return None
        return found.forecast

    def node(self, reading: Reading) -> None:
        """A node's row; one that may be part of another, or ran beside one, waits for the run's end."""
        single = reading.node == reading.real and not reading.beside and reading.real not in self.held
        if single and reading.finished:
            self.add(self.rows.row([reading], frozenset(), ""))
        else:
            self.hold(reading)

    def hold(self, reading: Reading) -> None:
        """Have a reading wait; a node that makes more nodes than are held has no row."""
        parts = self.held.setdefault(reading.real, [])
        if sum(map(len, self.held.values())) < self.rules["waiting"]:
            parts.append(reading)
        else:
            self.lost.add(reading.real)

    def end(self, event: Over) -> None:
        """The rows that waited, and how the run ended."""
        for node, readings in self.held.items():
            if node not in self.lost:
                quietly("a node is not recorded", partial(self.settle, readings, event))
        ended, node = event.ended, event.ended.node
        if self.begun:
            self.kept(lambda store: store.end(self.run, ended.outcome, seconds=event.seconds, node=node))
        quietly("the frontend is not told of runs", lambda: self.tell(event))
        self.forget("")

    def settle(self, readings: list[Reading], event: Over) -> None:
        """The row of readings that waited."""
        self.add(self.rows.row(own(readings, event.waited), event.waited, event.ended.outcome))

    def add(self, row: Done) -> None:
        """Keep a node's row."""
        if len(self.told) < self.rules["most_told"]:
            self.told.append(row)
        if self.begun:
            self.kept(lambda store: store.add(row))

    def tell(self, event: Over) -> None:
        """Tell the frontend how a run went."""
        import msgspec

        nodes = [msgspec.to_builtins(row) for row in self.told]
        outcome, node = event.ended.outcome, event.ended.node
        what = {"run": self.run, "outcome": outcome, "node": node, "seconds": event.seconds, "nodes": nodes}
        self.host.tell("vram_forecast.run", what)

    def kept(self, write: Any) -> bool:
        """Whether something could be written to the store, which is opened where it is not."""
        from ...estimator.errors import HistoryError
        from ...estimator.history.store import Store

        try:
            if self.store is None:
                self.store = Store(self.path)
            write(self.store)
        except HistoryError as error:
            once(STORE, error)
            return False
        return True

    def close(self) -> None:
        """Let go of the store."""
        if self.store:
            quietly(STORE, self.store.close)


def run_row(event: Begun, seen: Seen, forecast: estimator.Forecast | None) -> Run:
    """The row of a run that begins."""
    from ...estimator.history.rows import Run

    return Run(
        id=event.run,
        began=event.at,
        graph=quietly("a run's workflow is not told from others", lambda: digest(event.prompt)) or "",
        setup=setup(machine(seen)),
        verdict=forecast.verdict if forecast else "",
        vram_peak=forecast.vram_peak if forecast else None,
        forecast_seconds=forecast.seconds if forecast else None,
    )
