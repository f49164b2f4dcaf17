"""The recorder: listens to runs, measures around each node, and hands what it read to another thread."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..host import Ended, Host
from .events import Begun, Over
from .open import Open
from .said import guarded, quietly
from .writer import Writer

MEMORY = "the card's memory is not recorded"


def start(host: Host, store: Path) -> Callable[[], None]:
    """Record every run of `host` in the file `store`, which is opened at the first one; what comes back ends
    that, once everything is written. Raises `Renamed` where there is no place to listen at.
    """
    writer = Writer(host, store)
    stops = [host.watch(Recorder(host, writer))]

    def end() -> None:
        """Listen no more; a second time does nothing."""
        while stops:
            quietly("ComfyUI is still listened to", stops.pop())
            writer.end()

    return end


class Current:
    """The prompt that runs: its open nodes, the last one last, and those that are known to have waited."""

    def __init__(self, run: str, prompt: Mapping[str, Any]) -> None:
        self.run, self.prompt, self.began = run, prompt, time.perf_counter()
        self.open: dict[str, Open] = {}
        self.waited: set[str] = set()


class Recorder:
    """A listener that never raises, and takes a reading at each end of a node."""

    def __init__(self, host: Host, writer: Writer) -> None:
        """Nothing runs yet."""
        self.host, self.writer = host, writer
        self.current: Current | None = None

    @guarded
    def prompt_started(self, prompt_id: str, prompt: Mapping[str, Any], outputs: tuple[str, ...]) -> None:
        """A prompt begins; one whose end was never told is over."""
        if self.current:
            self.over(self.current, Ended("interrupted"))
        self.current = Current(prompt_id, prompt)
        self.writer.put(Begun(prompt_id, time.time(), prompt, tuple(outputs)), always=True)

    @guarded
    def node_started(self, node: str, real: str) -> None:
        """A node begins, or begins anew: then it had only waited for what it is given."""
        run = self.current
        if run is None:
            return
        if run.open.pop(node, None):
            run.waited.add(node)
        memory = quietly(MEMORY, self.host.memory)
        opened = Open(node, real, class_of(run.prompt, real), memory, self.forgot())
        for other in run.open.values():
            if other.real == real:
                run.waited.add(other.node)  # it was replaced by nodes of its own making
            else:
                opened.beside.add(other.node)
                other.beside.add(node)
        run.open[node] = opened

    @guarded
    def node_progressed(self, node: str, value: float, most: float) -> None:
        """A node has done a part of its work."""
        opened = self.current and self.current.open.get(node)
        if opened:
            opened.progress.told(value, most, time.perf_counter(), self.writer.most_steps)

    @guarded
    def node_finished(self, node: str) -> None:
        """A node is done; one that never began was at hand."""
        now, run = time.perf_counter(), self.current
        opened = run and run.open.pop(node, None)
        if run and opened:
            end = quietly(MEMORY, self.host.memory)
            self.writer.put(opened.read(run.run, end, now, finished=True))

    @guarded
    def prompt_ended(self, prompt_id: str, ended: Ended) -> None:
        """A prompt is over."""
        run = self.current
        if run and run.run == prompt_id:
            self.current = None
            self.over(run, ended)

    def over(self, run: Current, ended: Ended) -> None:
        """Hand over the node that a prompt stopped in, if any, and how it ended."""
        now, stopped = time.perf_counter(), stopped_in(run, ended)
        if stopped:
            end = quietly(MEMORY, self.host.memory)
            self.writer.put(stopped.read(run.run, end, now, finished=False))
        over = Over(run.run, ended, now - run.began, frozenset(run.waited))
        self.writer.put(over, always=True)

    def forgot(self) -> bool:
        """Begin to measure the peak anew; whether that worked."""
        return quietly(MEMORY, self.host.forget_peak) is True


def stopped_in(run: Current, ended: Ended) -> Open | None:
    """The node that a prompt stopped in: the last one begun of those that it may be.

    ComfyUI names the node of the prompt where the node is one that it made.
    """
    if ended.outcome == "done":
        return None
    opened = list(run.open.values())
    named = [one for one in opened if ended.node in (one.node, one.real)]
    return (named or opened or [None])[-1]


def class_of(prompt: Mapping[str, Any], node: str) -> str:
    """The type of a node of the prompt."""
    found = prompt.get(node)
    return str(found.get("class_type", "")) if isinstance(found, Mapping) else ""
