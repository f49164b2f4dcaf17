"""The tab in the sidebar shows the whole forecast, follows the graph, and leads back to it."""

import json
import time

import pytest
from msgspec.structs import replace
from vram_forecast.estimator.history.rows import Done, Run, Setup
from vram_forecast.estimator.report.history import encode
from vram_forecast.estimator.units import GIB, Estimate

EXAMPLE = "flux_dev_text_to_image.json"
PANEL = ".vram-forecast-panel"
SUBGRAPH = """() => {
    const graph = app.rootGraph;
    graph.convertToSubgraph(new Set(graph.nodes.filter(one => one.type === "KSampler")));
}"""
# How far the middle of a node lies from that of the canvas, in pixels; null where it is not shown.
FROM_THE_MIDDLE = """id => {
    const { canvas } = app, node = canvas.graph.nodes.find(one => String(one.id) === id);
    if (!node) return null;
    const { scale, offset } = canvas.ds, box = canvas.canvas.getBoundingClientRect();
    const at = [0, 1].map(one => (node.pos[one] + node.size[one] / 2 + offset[one]) * scale);
    return Math.hypot(at[0] - box.width / 2, at[1] - box.height / 2);
}"""

# Notes how long each frame takes that the panel asks for.
TIMED = """() => {
    const plain = window.requestAnimationFrame;
    window.frames_drawn = [];
    window.requestAnimationFrame = draw => {
        const ours = new Error().stack.includes("/panel/index.js");
        return plain(at => {
            const began = performance.now();
            draw(at);
            if (ours) window.frames_drawn.push(performance.now() - began);
        });
    };
}"""


class Panel:
    """The panel on a page."""

    def __init__(self, page):
        self.page, self.tab = page, page.tab
        self.root = page.tab.locator(PANEL)

    def open(self):
        """Open it as a user does, unless it is open."""
        if not self.root.is_visible():
            self.tab.locator(".vram-forecast-badge").first.click()
        self.root.wait_for()
        return self

    def part(self, name):
        """A part of it, opened."""
        head = self.root.locator(f"[data-section={name}] h3 button")
        if head.get_attribute("aria-expanded") == "false":
            head.click()
        return self.root.locator(f"[data-section={name}]")

    def says(self, text, part=""):
        """Wait until it, or a part of it, has a text."""
        where = self.part(part) if part else self.root
        where.filter(has_text=text).wait_for(timeout=15_000)

    def rows(self, part="steps"):
        """The rows of a table, as lists of cells."""
        table = self.part(part).locator("tbody tr")
        return [row.locator("th, td").all_inner_texts() for row in table.all()]


@pytest.fixture
def flux(page, root):
    """The example on a card of 8 GB."""
    page.card.use(8)
    page.load(root / "example_workflows" / EXAMPLE)
    return page


@pytest.fixture
def panel(flux):
    return Panel(flux).open()


def test_it_opens_from_the_badge_and_follows_the_graph(flux):
    panel = Panel(flux).open()
    forecast = flux.fresh()
    panel.says(forecast["because"])
    assert [step["node"] for step in forecast["steps"]] == [
        row.get_attribute("data-node") for row in panel.part("steps").locator("tbody tr").all()
    ]
    name, peak, weights, seconds = panel.rows()[1]
    assert ("KSampler\nsampling · streams", "7.7") == (name.split("\n", 1)[1], peak)
    assert ("6.6\n+ 15.6 ↻", " s") == (weights, seconds[-2:])
    assert panel.part("timeline").locator("svg").is_visible()
    flux.card.use(24)
    panel.says(flux.fresh()["because"])


def test_what_is_missing_and_what_is_not_there_are_plain_sentences(flux, root):
    panel = Panel(flux).open()
    drawn = json.loads((root / "example_workflows" / EXAMPLE).read_text(encoding="utf-8"))
    for node in drawn["nodes"]:
        if node["type"] == "UNETLoader":
            node["widgets_values"][0] = "gone.safetensors"
    flux.load(drawn)
    panel.says("gone.safetensors is not on disk.")
    flux.tab.evaluate("() => app.rootGraph.clear()")
    flux.tab.evaluate("() => window.vramForecast.ask()")
    panel.says("There is nothing to run")
    assert not panel.root.locator("[data-section]").first.is_visible()
    flux.load(root / "example_workflows" / EXAMPLE)
    flux.tab.route("**/vram_forecast/check*", lambda route: route.abort())
    flux.tab.evaluate("() => window.vramForecast.ask()")
    panel.says("ComfyUI's server does not answer.")
    flux.wrong.clear()  # the browser itself tells of each request that failed
    flux.tab.unroute("**/vram_forecast/check*")
    panel.says(flux.fresh()["because"])


def test_a_row_leads_to_its_node_also_in_a_subgraph(panel):
    def led(node):
        panel.part("steps").locator(f"tr[data-node='{node}'] button").click()
        for _ in range(40):
            found = panel.tab.evaluate(FROM_THE_MIDDLE, node.rpartition(":")[2])
            if found is not None and found < 2:
                break
            panel.tab.wait_for_timeout(50)
        return found

    page = panel.page
    assert led("9") < 2
    page.tab.evaluate(SUBGRAPH)
    inside = next(step["node"] for step in page.fresh()["steps"] if step["kind"] == "sample")
    assert ":" in inside
    panel.part("steps").locator(f"tr[data-node='{inside}']").wait_for()
    assert led(inside) < 2
    assert page.tab.evaluate("() => app.canvas.graph !== app.rootGraph")
    assert led("9") < 2
    assert page.tab.evaluate("() => app.canvas.graph === app.rootGraph")


def test_changes_limits_and_another_card_are_asked_for_where_they_are_seen(panel):
    changes = panel.part("changes").locator("li")
    panel.says("◐ streams 67 s → ", "changes")  # those of the last graph may still be there at first
    told = changes.first.inner_text()
    assert "◐ streams 67 s → " in told and "Downloads" in told and "from huggingface.co into models/" in told
    size = panel.part("limits").locator("[data-quantity=size]")
    panel.says("1024 × 1024 · ◐ streams", "limits")
    assert "beyond\n■ out of memory" in size.inner_text()
    slider = size.get_by_role("slider", name="Size")
    assert "1024 × 1024, streams" == slider.get_attribute("aria-valuetext")
    panel.part("elsewhere").get_by_role("combobox").select_option("rtx-4090")
    panel.says("● fits · 23.3 GB / 24 GB", "elsewhere")
    panel.says("0.5 GB of 8 GB are in use now.", "holders")


def test_a_change_is_applied_and_undone_from_the_panel(panel):
    page, before = panel.page, panel.page.prompt()
    change = panel.part("changes").locator("li", has_text="in 8 bits")
    change.get_by_role("button", name="Apply").click()
    panel.says("Done: ")
    assert "fp8_e4m3fn_fast" == page.prompt()["1"]["inputs"]["weight_dtype"]
    panel.says(page.fresh()["because"])
    panel.root.get_by_role("button", name="Undo").click()
    panel.tab.wait_for_function(
        "async before => JSON.stringify((await app.graphToPrompt()).output) === before",
        arg=json.dumps(before, separators=(",", ":"), ensure_ascii=False),
    )
    panel.root.get_by_role("button", name="Undo").wait_for(state="detached")


def test_a_slider_moves_the_widgets_of_the_graph(panel):
    page = panel.page
    size = panel.part("limits").locator("[data-quantity=size]")
    slider = size.get_by_role("slider")
    slider.focus()
    for _ in range(3):
        page.tab.keyboard.press("ArrowRight")
    panel.says("Done: Size 1072 × 1072")
    inputs = page.prompt()["4"]["inputs"]
    assert (1072, 1072) == (inputs["width"], inputs["height"])
    page.tab.wait_for_function(
        "() => document.activeElement.dataset.key === 'limit size' && document.activeElement.value === '1072'"
    )
    size.get_by_role("button", name="to 4416 × 4416").click()
    panel.says("Done: Size 4416 × 4416")
    assert 4416 == page.prompt()["4"]["inputs"]["width"]
    page.tab.wait_for_function("() => document.querySelector('[data-key=\"limit size\"]').value === '4416'")


def test_nothing_is_asked_while_a_prompt_runs_nor_while_nobody_looks(panel):
    asked = []
    panel.part("changes").locator("li").first.wait_for()
    panel.page.fresh()
    panel.tab.wait_for_timeout(800)
    panel.tab.on("request", lambda one: "/vram_forecast/" in one.url and asked.append(one.url))
    queue = "busy => app.api.dispatchCustomEvent('status', {exec_info: {queue_remaining: busy}})"
    panel.tab.evaluate(queue, 1)
    panel.says("A prompt is running.")
    panel.tab.evaluate(
        "() => { app.rootGraph.nodes.find(one => one.type === 'KSampler').widgets[2].value = 7 }"
    )
    panel.tab.wait_for_timeout(600)
    assert [] == asked
    panel.tab.evaluate(queue, 0)
    panel.tab.wait_for_function("() => window.vramForecast.current().phase === 'fresh'")
    panel.tab.evaluate("() => app.extensionManager.sidebarTab.toggleSidebarTab('vram-forecast')")
    panel.root.wait_for(state="detached")
    asked.clear()
    panel.tab.evaluate(
        "() => { app.rootGraph.nodes.find(one => one.type === 'KSampler').widgets[2].value = 9 }"
    )
    panel.page.fresh()
    panel.tab.wait_for_timeout(600)
    assert ["check"] == sorted({url.partition("/vram_forecast/")[2].partition("?")[0] for url in asked})


def test_past_runs_of_this_graph_stand_beside_their_forecast(panel):
    panel.says("This graph has not been run yet.", "past")
    seconds = Estimate(50.0, 60.0, 70.0, "modelled")
    setup = Setup("NVIDIA GeForce RTX 4060", 8 * GIB, "0.33.0", "2.14.1", "pytorch", True)
    run = Run(id="a", began=time.time(), graph="g", setup=setup, outcome="done", seconds=72.0)
    run = replace(run, verdict="streamed", forecast_seconds=seconds)
    measured = {"seconds": 71.0, "peak": 3 * GIB, "before": 0, "after": GIB, "used": 7 * GIB}
    done = Done(run="a", node="8", class_type="KSampler", forecast_seconds=seconds, **measured)
    body = encode([run], [done])
    panel.tab.route("**/vram_forecast/runs*", lambda route: route.fulfill(body=body))
    plain = panel.part("timeline").locator("svg").inner_html()
    panel.tab.evaluate("() => app.api.dispatchCustomEvent('vram_forecast.run', {run: 'a'})")
    panel.says("✓ done", "past")
    (_, said, whole), (node, memory, own) = panel.rows("past")
    assert ("◐ streams", "60 s → 72 s") == (said, whole)
    assert ("KSampler", "– → 2 GB", "60 s → 71 s") == (node, memory, own)
    assert plain != panel.part("timeline").locator("svg").inner_html()
    panel.tab.unroute("**/vram_forecast/runs*")


def test_it_is_used_by_keyboard_alone(panel):
    panel.part("limits").locator("[data-quantity=size]").wait_for()
    panel.part("changes").locator("li").first.wait_for()
    panel.tab.wait_for_timeout(300)
    focused = "() => document.activeElement.dataset.key ?? document.activeElement.tagName"
    panel.tab.evaluate("() => document.querySelector('.vram-forecast-panel').focus()")
    seen = []
    for _ in range(60):
        panel.tab.keyboard.press("Tab")
        seen.append(panel.tab.evaluate(focused))
        if seen[-1] == "section past":
            break
    order = [key for key in seen if key.startswith("section ")]
    assert order == [
        f"section {one}" for one in ("timeline", "changes", "steps", "limits", "elsewhere", "holders", "past")
    ]
    assert "node 8" in seen and "limit size" in seen
    head = panel.root.locator("[data-section=past] h3 button")
    before = head.get_attribute("aria-expanded")
    panel.tab.keyboard.press("Enter")
    panel.tab.wait_for_function(
        "before => document.activeElement.getAttribute('aria-expanded') !== before", arg=before
    )
    outline = panel.tab.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
    assert "solid" == outline


def test_a_graph_of_very_many_steps_has_few_rows_and_no_frame_that_is_felt(panel):
    forecast = panel.page.fresh()
    kinds = ("encode_text", "sample", "decode")
    many = [
        forecast["steps"][at % 3]
        | {"node": str(at), "title": f"Node {at}", "class_type": f"Node {at}", "kind": kinds[at % 3]}
        for at in range(400)
    ]
    panel.tab.route("**/vram_forecast/check*", lambda route: route.fulfill(json=forecast | {"steps": many}))
    panel.tab.evaluate(TIMED)
    panel.page.fresh()
    panel.says("and 100 more", "steps")
    assert 300 == panel.part("steps").locator("tbody tr").count()
    longest = []
    for unit in ("GiB", "MB", "GiB", "GB"):  # all is drawn again; the best of four, on a machine that is busy
        panel.tab.evaluate("() => { window.frames_drawn = [] }")
        panel.page.set("Units", unit)
        panel.says(f"Peak {unit}", "steps")
        longest.append(max(panel.tab.evaluate("() => window.frames_drawn")))
    assert min(longest) < 50
    panel.tab.unroute("**/vram_forecast/check*")
