"""What waits to be traced, and the loop that has it traced while ComfyUI has nothing to do."""

import logging
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..host import Host

logger = logging.getLogger("vram_forecast")

REASONS = {
    "refused": "this ComfyUI cannot run it alone",
    "died": "the tracing process ended without an answer",
    "time": "it took too long",
    "memory": "it took too much memory",
    "interrupted": "prompts came in between too often",
    "before": "it failed before with this version of ComfyUI",
}


class Tracer:
    """The models that are wanted, and what became of them; `run` is the thread's."""

    def __init__(self, host: Host) -> None:
        """`host` says whether a prompt runs or waits, and where this ComfyUI's code lies."""
        self.host = host
        self.thread: threading.Thread | None = None
        self.changed = threading.Condition()
        self.asked: dict[tuple[Path, str], None] = {}
        self.seen: set[tuple[Path, str]] = set()
        self.waiting: dict[str, Any] = {}  # by architecture: `estimator.trace.due.Due`
        self.shown: dict[str, dict[str, Any]] = {}
        self.broken_off: dict[str, int] = {}
        self.told: set[str] = set()
        self.quiet_since = time.monotonic()
        self.ledger: Any = None

    def want(self, files: Iterable[tuple[Path, str]]) -> None:
        """Files, each with the role that a prompt uses it in: looked at later, and once."""
        with self.changed:
            new = [one for one in files if one not in self.seen]
            if len(self.asked) + len(new) <= setting("waiting"):
                self.asked |= dict.fromkeys(new)
                self.seen.update(new)
                self.changed.notify()

    def state(self) -> dict[str, Any]:
        """What is done now, and with each model: its file's name, its state, why and how long."""
        models = list(self.shown.values())
        states = [one["state"] for one in models]
        now = next((one for one in ("tracing", "waiting") if one in states), "idle")
        return {"now": now, "models": [dict(one) for one in models]}

    def run(self) -> None:
        """For good: wait for something to do, then for quiet, then do one thing."""
        while True:
            with self.changed:
                self.changed.wait_for(lambda: self.asked or self.waiting)
            try:
                if self.quiet():
                    self.step()
            except Exception:
                self.say("VRAM Forecast: models are not traced, the tables' laws are used", error=True)
                self.waiting.clear()
            time.sleep(setting("often"))

    def busy(self) -> bool:
        """Whether a prompt runs or waits; a ComfyUI that does not say counts as busy."""
        try:
            busy = self.host.busy()
        except Exception:
            self.say("VRAM Forecast: this ComfyUI does not say whether it is busy, so no model is traced")
            busy = True
        if busy:
            self.quiet_since = time.monotonic()
        return busy

    def quiet(self) -> bool:
        """Whether there has been no prompt for a while."""
        return not self.busy() and time.monotonic() - self.quiet_since >= setting("quiet")

    def step(self) -> None:
        """Look at what was asked for, or trace what is least known."""
        from ...estimator.trace.ledger import Ledger

        self.ledger = self.ledger or Ledger()
        with self.changed:
            files = list(self.asked)
            self.asked.clear()
        for path, role in files:
            self.look(path, role)
        if not self.waiting or self.ledger.today() >= setting("a_day"):
            self.quiet_since = time.monotonic()  # no need to ask again at once
            return
        with self.ledger.alone() as alone:
            if alone:
                self.trace(min(self.waiting.values(), key=lambda one: one.urgency))
            else:
                self.quiet_since = time.monotonic()

    def look(self, path: Path, role: str) -> None:
        """Have a file's model wait if it is to be traced, and did not fail before."""
        from ...estimator.errors import InputError
        from ...estimator.trace.due import due

        version = self.host.look().comfy
        try:
            found = due(path, role, version)
        except (InputError, OSError):  # broken or gone: its forecast says so
            return
        if found is None:
            return
        before = self.ledger.tried(found.architecture, version)
        if before is None:
            self.waiting[found.architecture] = found
            self.show(found, "waiting")
        elif before.why:
            self.show(found, "failed", why=REASONS["before"])

    def trace(self, one: Any) -> None:
        """Trace one model, or learn that another ComfyUI has done it."""
        from ...estimator.trace.due import asked, due

        version, begun = self.host.look().comfy, time.monotonic()
        checkout = self.host.checkout()
        ask_for = asked(one, checkout) if checkout else None
        if ask_for is None or due(one.path, one.role, version) is None:
            del self.waiting[one.architecture]
            return self.show(one, "done")
        self.show(one, "tracing")
        answer = self.ask(ask_for[1])
        if answer.why == "unwanted":
            return self.interrupted(one)
        del self.waiting[one.architecture]
        if answer.problem or not answer.laws:
            self.failed(one, version, answer)
        else:
            self.learned(one, version, ask_for[0], answer, time.monotonic() - begun)

    def ask(self, request: Any):
        """The answer of a process that lives while there is no prompt."""
        from ...estimator.trace.process import Bounds
        from ...estimator.trace.request import ask

        bounds = Bounds(setting("seconds"), setting("memory"), setting("nice"))
        return ask(request, bounds, lambda: not self.busy())

    def interrupted(self, one: Any) -> None:
        """A prompt came: again later, but not for ever."""
        self.broken_off[one.architecture] = self.broken_off.get(one.architecture, 0) + 1
        if self.broken_off[one.architecture] < setting("interruptions"):
            return self.show(one, "waiting")
        del self.waiting[one.architecture]
        self.show(one, "failed", why=REASONS["interrupted"])

    def failed(self, one: Any, version: str, answer: Any) -> None:
        """It does not work with this version; said once, and remembered."""
        why = answer.why or "refused"
        self.ledger.note(one.architecture, version, why)
        self.show(one, "failed", why=REASONS[why])
        self.say(f"VRAM Forecast: a model was not traced, the tables' laws are used: {answer.problem}")

    def learned(self, one: Any, version: str, component: Any, answer: Any, seconds: float) -> None:
        """It did: forecasts from now on use what came of it."""
        from ...estimator.trace.file import keep

        keep(component, answer)
        self.ledger.note(one.architecture, version, "")
        self.show(one, "done", seconds=round(seconds, 1))
        logger.info("VRAM Forecast: %s was traced by this ComfyUI in %.0f s", one.path.name, seconds)

    def show(self, one: Any, state: str, why: str = "", seconds: float | None = None) -> None:
        """What people may see of a model; the last few."""
        self.shown.pop(one.architecture, None)
        about = {"file": one.path.name, "role": one.role, "state": state, "why": why, "seconds": seconds}
        self.shown[one.architecture] = about
        for old in list(self.shown)[: -setting("waiting")]:
            del self.shown[old]

    def say(self, sentence: str, error: bool = False) -> None:
        """Once in the log, whatever is the same."""
        if sentence not in self.told and len(self.told) < setting("waiting"):
            self.told.add(sentence)
            logger.warning(sentence, exc_info=error)


def setting(name: str) -> Any:
    """A row of this room's table."""
    from ...estimator import facts

    return facts.table("comfyui_side")["tracing"][name]
