"""A page of ComfyUI as a test uses it: loads a workflow, reads what the pack shows, and sees what is sent."""

import json
from pathlib import Path
from typing import Any

import frontend
from vram_forecast.estimator.units import GIB

SEEN = {"vendor": "nvidia", "os": "linux", "dynamic_vram": True, "flags": [], "torch": "2.14.1"}
CARDS = {
    8: {"device": "NVIDIA GeForce RTX 4060", "compute_capability": 8.9},
    12: {"device": "NVIDIA GeForce RTX 3060", "compute_capability": 8.6},
    24: {"device": "NVIDIA GeForce RTX 4090", "compute_capability": 8.9},
}
FRESH = "() => window.vramForecast?.current().phase === 'fresh'"
DIALOG = "dialog.vram-forecast-dialog[open]"
SETTINGS = {"Badge": True, "NodeBadges": True, "Guard": "warn", "Threshold": 3, "Units": "GB"}
LOAD = """async document => {
    const quiet = {skipAssetScans: true, silentAssetErrors: true};
    await app.loadGraphData(document, true, true, null, quiet);
}"""

# What a page does with a suggestion (`web/apply/index.js`), and how the graph is saved once it is at rest.
APPLY = """async ([pack, suggestion, prompt]) => {
    const {apply} = await import(`/extensions/${pack}/apply/index.js`);
    return await apply(suggestion, prompt ?? window.vramForecast.current().prompt);
}"""
SAVED = """async () => {
    const tracker = app.extensionManager.workflow.activeWorkflow.changeTracker;
    let [before, now] = ["", JSON.stringify(app.rootGraph.serialize())];
    for (let tries = 0; before !== now && tries < 50; tries++) {
        await new Promise(done => setTimeout(done, 120));
        [before, now] = [now, JSON.stringify(app.rootGraph.serialize())];
    }
    (tracker.captureCanvasState ?? tracker.checkState).call(tracker);
    return now;
}"""
STEPS = "() => app.extensionManager.workflow.activeWorkflow.changeTracker.undoQueue.length"


class Card:
    """The card that the server believes to have, as a recording that it reads anew."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.use(24)

    def use(self, size: int, free: float | None = None, ram: int = 64) -> None:
        """A card of so many GiB; `free` of it, all but half a GiB unless said."""
        memory = {"vram_total": size * GIB, "vram_free": int((size - 0.5 if free is None else free) * GIB)}
        memory |= {"ram_total": ram * GIB, "ram_free": (ram - 4) * GIB}
        told = {"seen": SEEN | CARDS[size] | memory | {"comfy": "0.33.0"}}
        whole = self.path.with_suffix(".new")  # the server may read it at any moment
        whole.write_text(json.dumps(told), encoding="utf-8")
        whole.replace(self.path)


class Workbench:
    """A page, what went wrong on it in our files (`wrong`), the prompts that it sent (`sent`), what it asked.

    What is sent never reaches the server's queue: it is answered as if it were queued.
    """

    def __init__(self, browser: Any, server: Any) -> None:
        self.server, self.card = server, server.card
        self.wrong: list[str] = []
        self.sent: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self.tab = browser.new_page(viewport={"width": 1280, "height": 720})
        self.tab.set_default_timeout(20_000)

    def __enter__(self) -> "Workbench":
        self.tab.on("pageerror", lambda error: self.heard(f"{error}\n{error.stack}"))
        self.tab.on("console", self.said)
        self.tab.on(
            "request", lambda request: "/vram_forecast/" in request.url and self.asked.append(request.url)
        )
        self.tab.route("**/api/prompt", self.queue)
        self.tab.goto(self.server.url)
        self.tab.wait_for_function(frontend.READY)
        self.tab.wait_for_function("() => window.vramForecast")
        return self

    def __exit__(self, *_: object) -> None:
        self.tab.close()

    def said(self, message: Any) -> None:
        """Look at an error on the console."""
        if message.type == "error":
            self.heard(f"{message.text} ({message.location.get('url', '')})")

    def heard(self, error: str) -> None:
        """Keep what went wrong in our files, or with our routes; the frontend has errors of its own."""
        if self.server.pack.name in error or "vram_forecast" in error:
            self.wrong.append(error)

    def queue(self, route: Any) -> None:
        """Keep a prompt that the page sends, and answer as ComfyUI does."""
        if route.request.method != "POST":
            return route.continue_()
        self.sent.append(route.request.post_data_json)
        queued = {"prompt_id": f"00000000-0000-4000-8000-{len(self.sent):012}", "number": len(self.sent)}
        route.fulfill(json=queued | {"node_errors": {}})

    def reset(self) -> None:
        """An empty graph, a card of 24 GiB, default settings, and nothing sent or wrong."""
        self.card.use(24)
        for name, value in SETTINGS.items():
            self.set(name, value)
        self.tab.evaluate("() => document.querySelectorAll('dialog[open]').forEach(one => one.close())")
        self.wrong.clear()
        self.sent.clear()
        self.asked.clear()

    def set(self, name: str, value: Any) -> None:
        """Choose one of the pack's settings."""
        change = "([id, value]) => app.extensionManager.setting.set(id, value)"
        self.tab.evaluate(change, [f"VRAMForecast.{name}", value])

    def load(self, document: dict[str, Any] | Path) -> None:
        """Open a drawn workflow, and wait for its forecast."""
        if isinstance(document, Path):
            document = json.loads(document.read_text(encoding="utf-8"))
        self.tab.evaluate(LOAD, document)
        self.fresh()

    def fresh(self) -> dict[str, Any]:
        """The forecast of the graph as it is now, once there is one."""
        self.tab.evaluate("() => window.vramForecast.ask()")
        self.tab.wait_for_function(FRESH)
        return self.tab.evaluate("() => window.vramForecast.current().forecast")

    def prompt(self) -> dict[str, Any]:
        """What would be sent now."""
        return self.tab.evaluate("async () => (await app.graphToPrompt()).output")

    def run(self, *given: Any) -> None:
        """Call the queue as its button does, with these arguments; it may ask first."""
        call = "given => { window.queued = app.queuePrompt(...given); }"
        self.tab.evaluate(call, list(given) or [0, 1])

    def ran(self) -> bool:
        """What the call to the queue came to, with no dialog left open."""
        late = "new Promise(done => setTimeout(() => done('no answer in 20 s'), 20000))"
        found = self.tab.evaluate(f"() => Promise.race([window.queued, {late}])")
        assert 0 == self.tab.locator(DIALOG).count()
        return found

    def apply(self, suggestion: dict[str, Any], prompt: str | None = None) -> dict[str, Any]:
        """Make a suggestion's edits on the canvas; `prompt`: the text that it was made of, else the last."""
        return self.tab.evaluate(APPLY, [self.server.pack.name, suggestion, prompt])

    def saved(self) -> str:
        """The workflow as it would be saved, once it is at rest."""
        return self.tab.evaluate(SAVED)

    def undo_steps(self) -> int:
        """How often Ctrl+Z would take something back."""
        return self.tab.evaluate(STEPS)

    @property
    def badge(self) -> str:
        """The text of the badge; empty where it is hidden."""
        return self.tab.evaluate(
            """() => [...document.querySelectorAll('.vram-forecast-badge')]
                .filter(one => one.offsetParent).map(one => one.innerText.trim()).join('|')"""
        )
