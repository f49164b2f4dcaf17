"""The forecast follows the graph, whoever changes it; nothing is asked while a prompt runs."""

import json

import pytest

EXAMPLE = "flux_dev_text_to_image.json"
STEPS = "() => JSON.parse(window.vramForecast.current().prompt)['8'].inputs.steps"
FOLLOWED = f"steps => window.vramForecast.current().phase === 'fresh' && ({STEPS})() === steps"
# What a user does, as the frontend takes it: a widget has another value, and the state of the graph is kept.
EDIT = """steps => {
    const sampler = app.rootGraph.nodes.find(one => one.type === "KSampler");
    sampler.widgets.find(one => one.name === "steps").value = steps;
    const tracker = app.extensionManager.workflow.activeWorkflow.changeTracker;
    (tracker.captureCanvasState ?? tracker.checkState).call(tracker);
}"""
SCRIPT = EDIT.replace("const tracker", "return; const tracker")
STATUS = """left => app.api.dispatchEvent(
    new CustomEvent("status", { detail: { exec_info: { queue_remaining: left } } }))"""
HIDE = """hidden => Object.defineProperty(document, "visibilityState",
    { configurable: true, get: () => (hidden ? "hidden" : "visible") })"""
MOVE = """() => {
    app.rootGraph.nodes[0].pos = [app.rootGraph.nodes[0].pos[0] + 10, 60];
    const tracker = app.extensionManager.workflow.activeWorkflow.changeTracker;
    (tracker.captureCanvasState ?? tracker.checkState).call(tracker);
}"""
CAMERA = """() => {
    const widget = app.rootGraph.nodes.find(one => one.type === "SaveImage").widgets[0];
    window.pictures = 0;
    widget.serializeValue = async () => `picture ${++window.pictures}`;
}"""
LONG = 1500  # ms, more than it takes to notice anything


@pytest.fixture
def flux(page, root):
    page.load(root / "example_workflows" / EXAMPLE)
    page.tab.wait_for_timeout(200)  # until what loading it has brought about is over
    page.asked.clear()
    yield page
    page.tab.evaluate(STATUS, 0)
    page.tab.evaluate(HIDE, False)


def test_it_follows_an_edit_and_its_undo_at_once(flux):
    flux.tab.evaluate(HIDE, True)  # a page that nobody sees looks for nothing by itself: these are events
    flux.tab.evaluate(EDIT, 33)
    flux.tab.wait_for_function(FOLLOWED, arg=33, timeout=2000)
    flux.tab.evaluate("() => app.extensionManager.command.execute('Comfy.Undo')")
    flux.tab.wait_for_function(FOLLOWED, arg=20, timeout=5000)


def test_it_follows_what_a_script_does(flux):
    flux.tab.evaluate(SCRIPT, 34)
    flux.tab.wait_for_function(FOLLOWED, arg=34, timeout=5000)


def test_a_node_that_is_moved_asks_for_nothing(flux):
    flux.tab.evaluate(MOVE)
    flux.tab.wait_for_timeout(300)
    assert [] == [one for one in flux.asked if "/check" in one]


def test_nothing_is_asked_while_a_prompt_runs(flux):
    before = flux.badge
    flux.tab.evaluate(STATUS, 2)
    flux.tab.evaluate(EDIT, 35)
    flux.tab.wait_for_timeout(LONG)
    assert [] == [one for one in flux.asked if "/check" in one]
    assert before == flux.badge
    flux.tab.evaluate(STATUS, 0)
    flux.tab.wait_for_function(FOLLOWED, arg=35, timeout=5000)


def test_a_widget_that_acts_when_it_is_asked_is_not_asked(flux):
    flux.tab.evaluate(CAMERA)
    flux.fresh()
    assert 0 == flux.tab.evaluate("() => window.pictures")
    assert "picture 1" == flux.prompt()["10"]["inputs"]["filename_prefix"]


def test_a_node_of_a_type_that_is_not_installed_leaves_the_rest_known(page, root):
    document = json.loads((root / "example_workflows" / EXAMPLE).read_text(encoding="utf-8"))
    next(one for one in document["nodes"] if one["type"] == "FluxGuidance")["type"] = "FluxGuidanceOfNobody"
    page.load(document)
    unknown = page.fresh()["coverage"]["unknown"]
    assert ["FluxGuidanceOfNobody"] == [one["class_type"] for one in unknown]
