"""Runs as ComfyUI would tell of them, played to a recorder, and what is kept of them."""

import time

from at_host import text_to_image
from vram_forecast.estimator.history.store import Store
from vram_forecast.estimator.units import GIB
from vram_forecast.nodes import answers
from vram_forecast.nodes.host import Ended, Memory
from vram_forecast.nodes.record import recorder

DONE = Ended("done")
QUIET = Memory(allocated=0, peak=0, reserved=0, retries=0, used=2 * GIB, ram_used=5 * GIB)
AFTER = QUIET._replace(peak=3 * GIB, reserved=3 * GIB, used=5 * GIB)
ORDER = ("4", "5", "6", "3", "8", "9")


class Player:
    """Plays runs to a recorder, as ComfyUI would tell of them, and reads what was kept."""

    def __init__(self, card, path):
        self.host, self.path = card, path
        self.stop = recorder.start(card, path)
        (self.listener,) = card.listeners
        self.many = 0

    def begin(self, run="a", prompt=None):
        self.run, self.many = run, self.many + 1
        self.listener.prompt_started(run, prompt or text_to_image(), ("9",))

    def start(self, node, real="", before=QUIET):
        self.host.memories = [before]
        self.listener.node_started(node, real or node)

    def finish(self, node, end=AFTER):
        self.host.memories = [end]
        self.listener.node_finished(node)

    def node(self, node, real="", before=QUIET, end=AFTER):
        self.start(node, real, before)
        self.finish(node, end)

    def over(self, ended=DONE, end=AFTER):
        self.host.memories = [end]
        self.listener.prompt_ended(self.run, ended)

    def whole(self, run="a", prompt=None, end=AFTER, progress=()):
        """A run of every node, the sampler of which is told to have progressed at these seconds."""
        self.begin(run, prompt)
        for node in ORDER:
            self.start(node)
            for step in range(len(progress) if node == "3" else 0):
                self.listener.node_progressed(node, step + 1, len(progress))
            self.finish(node, end)
        self.over()

    def kept(self, run="a"):
        """The rows of a run by node, once all is written and the recorder has ended."""
        self.stop()
        store = Store(self.path, writes=False)
        try:
            rows = store.nodes(run)
            self.ran = store.run(run)
            assert len(rows) == len({row.node for row in rows})
            return {row.node: row for row in rows}
        finally:
            store.close()


def forecast_of(card):
    return answers.checked(text_to_image(), outputs=("9",)).forecast


def step_of(card, node):
    (step,) = [one for one in forecast_of(card).steps if one.node == node and one.by_law]
    return step


def settled(player):
    """Until the frontend was told of every run, after which nothing more of them is written."""
    end = time.monotonic() + 20
    while len(player.host.said) < player.many and time.monotonic() < end:
        time.sleep(0.01)
    assert player.many == len(player.host.said)
