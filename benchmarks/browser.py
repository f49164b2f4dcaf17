"""How fast the badge follows the graph in a real browser: `python benchmarks/browser.py [--json] [TIMES]`.

The official template with the most nodes, in each frontend, nodes drawn on the canvas and by Vue. A widget of
a sampler gets another value and the frontend keeps the graph's state, as after a user's edit: `fresh` is
the time from there until the new badge is drawn. Of that, `prompt` is the frontend's own `graphToPrompt` and
`answer` the server's. `task`: the longest task (over 50 ms, else 0) of an edit while we follow, and `without`
the same while we do not. `ours`: the time our own functions take of an edit on the page's thread, by the
browser's profiler, without what they call of the frontend's. Milliseconds, median and 95th percentile.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tools")]

import frontend
from comfyui_server import PACK, Server
from conftest import get_comfyui
from workbench import Card, Workbench

from benchmarks import templates
from estimator.workflow import read

TIMES, FRESH = 30, 250
START = """() => {
    window.taken = { tasks: [], prompts: [] };
    new PerformanceObserver(seen => {
        for (const one of seen.getEntries()) window.taken.tasks.push([one.startTime, one.duration]);
    }).observe({ type: "longtask" });
    const make = app.graphToPrompt;
    app.graphToPrompt = async function (...given) {
        const start = performance.now();
        const made = await make.apply(this, given);
        window.taken.prompts.push(performance.now() - start);
        return made;
    };
}"""
EDIT = """async ([value, following]) => {
    const all = graph => graph.nodes.flatMap(one => [one, ...(one.subgraph ? all(one.subgraph) : [])]);
    const named = all(app.rootGraph).flatMap(node => (node.widgets ?? []).map(one => [node, one]));
    const [, widget] = named.find(([node, one]) => node.type === "KSampler" && one.name === "seed");
    const frame = () => new Promise(requestAnimationFrame);
    await new Promise(done => setTimeout(done, 300));
    window.taken.prompts.length = 0;
    performance.clearResourceTimings();
    const before = window.vramForecast.current().forecast, start = performance.now();
    widget.value = value;
    const tracker = app.extensionManager.workflow.activeWorkflow.changeTracker;
    (tracker.captureCanvasState ?? tracker.checkState).call(tracker);
    const kept = performance.now();
    if (following) while (window.vramForecast.current().forecast === before) await frame();
    else await new Promise(done => setTimeout(done, 300));
    await frame();
    const fresh = performance.now() - start, [prompt] = window.taken.prompts;
    await new Promise(done => setTimeout(done, 100));
    const tasks = window.taken.tasks.filter(([at]) => at >= start - 1).map(([, long]) => long);
    const asked = performance.getEntriesByType("resource").filter(one => one.name.includes("/check?")).at(-1);
    return { fresh, prompt, keep: kept - start, answer: asked?.duration ?? 0, task: Math.max(0, ...tasks) };
}"""
STATUS = """left => app.api.dispatchEvent(
    new CustomEvent("status", { detail: { exec_info: { queue_remaining: left } } }))"""


def largest() -> Path:
    """The official template with the most nodes."""
    return max(templates.all_of(templates.folder()), key=lambda path: len(read(path).nodes))


def pages(browser: Any) -> Iterator[tuple[str, Workbench]]:
    """A page for each frontend and renderer, with its name."""
    roots = {"1.48.7": frontend.static(), get_comfyui.NEWER_FRONTEND: get_comfyui.newer_frontend()}
    for version, static in roots.items():
        with tempfile.TemporaryDirectory() as folder:
            base = Path(folder)
            (base / "custom_nodes").mkdir()
            (base / "custom_nodes" / PACK).symlink_to(ROOT)
            card = Card(base / "host.json")
            flags = ("--cpu", "--disable-api-nodes", "--front-end-root", str(static))
            more = {"VRAM_FORECAST_HOST": str(card.path), "VRAM_FORECAST_TRACING": "off"}
            server: Any = Server(get_comfyui.locate(), base, flags=flags, **more).wait()
            server.card = card
            for name, value in frontend.SETTINGS.items():
                server.ask(f"/settings/{name}", value)
            for by_vue in (False, True):
                server.ask("/settings/Comfy.VueNodes.Enabled", by_vue)
                with Workbench(browser, server) as page:
                    yield f"{version}, {'Nodes 2.0' if by_vue else 'canvas'}", page
            server.stop()


def measured(page: Workbench, times: int) -> dict[str, list[float]]:
    """What each edit takes."""
    page.load(largest())
    page.tab.wait_for_timeout(3000)
    page.tab.evaluate(START)
    page.tab.evaluate(EDIT, [1, True])
    found = [page.tab.evaluate(EDIT, [1000 + time, True]) for time in range(times)]
    taken = {
        name: [one.get(name) or 0.0 for one in found]
        for name in ("fresh", "keep", "prompt", "answer", "task")
    }
    taken["ours"] = ours(page, times)
    page.tab.evaluate(STATUS, 1)
    alone = [page.tab.evaluate(EDIT, [5000 + time, False]) for time in range(times)]
    taken["without"] = [one["task"] for one in alone]
    return taken


def ours(page: Workbench, times: int) -> list[float]:
    """The time that our own functions take of each edit."""
    tool = page.tab.context.new_cdp_session(page.tab)
    tool.send("Profiler.enable")
    found = []
    for time in range(times):
        tool.send("Profiler.start")
        page.tab.evaluate(EDIT, [9000 + time, True])
        profile = tool.send("Profiler.stop")["profile"]
        own = {one["id"] for one in profile["nodes"] if PACK in one["callFrame"]["url"]}
        parts = zip(profile["samples"], profile["timeDeltas"], strict=True)
        found.append(sum(delta for node, delta in parts if node in own) / 1000)
    return found


def main() -> int:
    """Prints it; 1 where a badge is not fresh in time."""
    times = next((int(one) for one in sys.argv[1:] if one.isdigit()), TIMES)
    if told := frontend.pageless():
        sys.exit(told)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=frontend.browser(), args=["--no-sandbox", "--disable-gpu", "--no-proxy-server"]
        )
        found = {name: measured(page, times) for name, page in pages(browser)}
        browser.close()
    rows = {name: {what: middle(taken) for what, taken in one.items()} for name, one in found.items()}
    if "--json" in sys.argv:
        print(json.dumps({"template": largest().stem, "times": times, "milliseconds": rows}))
    else:
        print(f"{largest().stem}, {times} edits each; median and 95th percentile in ms")
        for name, row in rows.items():
            print(
                f"{name:20}",
                *(f"{what} {low:.0f} / {high:.0f}" for what, (low, high) in row.items()),
                sep="  ",
            )
    return int(any(row["fresh"][0] > FRESH for row in rows.values()))


def middle(taken: list[float]) -> tuple[float, float]:
    """The median and the 95th percentile."""
    return median(taken), sorted(taken)[int(len(taken) * 0.95)]


if __name__ == "__main__":
    sys.exit(main())
