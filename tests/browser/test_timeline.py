"""The timeline in ComfyUI's page: its words lie apart, keys walk its steps, and it is there at once."""

import json

import pytest

CHART = """async ([base, forecasts, long]) => {
    const {timeline, hues} = await import(`${base}/charts/timeline.js`);
    const {legend} = await import(`${base}/charts/legend.js`);
    const box = document.body.appendChild(document.createElement("div"));
    box.id = "charts";
    box.className = "vram-forecast-panel";
    box.style = "position: fixed; inset: 0; z-index: 9999; overflow: auto; background: var(--comfy-menu-bg)";
    const big = {...forecasts.resident, steps: Array.from({length: long}, (_, at) => (
        {...forecasts.resident.steps[at % forecasts.resident.steps.length]}))};
    const drawn = [];
    for (const [name, forecast] of Object.entries({...forecasts, big}))
        for (const wishes of [{width: 330, height: 240, ram: 60, interactive: true}, {width: 520}]) {
            const chart = timeline(forecast, wishes);
            chart.dataset.name = name;
            box.append(chart);
            drawn.push(chart);
        }
    box.append(legend(forecasts.video));
    const took = Array.from({length: 15}, () => {
        const began = performance.now();
        timeline(big, {width: 1200, height: 240, ram: 60, interactive: true, onStep() {}});
        return performance.now() - began;
    }).sort((one, two) => one - two);
    window.told = [];
    const onStep = (step, chosen) => window.told.push([step && step.node, chosen]);
    box.prepend(timeline(forecasts.video, {width: 500, height: 240, interactive: true, onStep}));
    return {count: drawn.length, took, hues: Object.fromEntries(hues(forecasts.video))};
}"""
# Texts of one chart that lie over one another by more than a pixel, as the browser has drawn them.
COVERED = """() => [...document.querySelectorAll("#charts svg")].flatMap(chart => {
    const box = one => [one.textContent, one.getBoundingClientRect()];
    const texts = [...chart.querySelectorAll("text")].map(box);
    return texts.flatMap(([said, one], at) => texts.slice(at + 1).filter(([, two]) =>
        Math.min(one.right, two.right) - Math.max(one.left, two.left) > 1 &&
        Math.min(one.bottom, two.bottom) - Math.max(one.top, two.top) > 4,
    ).map(([other]) => [chart.dataset.name, said, other]));
})"""
FOCUS = "() => document.querySelector('#charts [tabindex=\"0\"]').focus()"


@pytest.fixture(scope="package")
def forecasts(root):
    return json.loads((root / "tests" / "web" / "forecasts.json").read_text(encoding="utf-8"))


@pytest.fixture
def charts(page, forecasts):
    """The page with a chart of each forecast, large and small; what their making told."""
    base = f"/extensions/{page.server.pack.name}"
    yield page.tab.evaluate(CHART, [base, forecasts, 300])
    page.tab.evaluate("() => document.querySelector('#charts').remove()")


def test_no_word_of_a_timeline_lies_over_another(page, charts, forecasts):
    assert 2 * (len(forecasts) + 1) == charts["count"]
    assert [] == page.tab.evaluate(COVERED)


def test_a_timeline_of_300_steps_is_drawn_in_less_than_10_ms(charts, record_property):
    record_property("milliseconds: best, middle", [round(charts["took"][at], 1) for at in (0, 7)])
    assert charts["took"][0] < 10


def test_each_component_has_a_colour_that_a_canvas_takes(charts):
    colours = list(charts["hues"].values())
    assert len(colours) == len(set(colours)) == 3
    assert all(one.startswith("#") for one in colours)


def test_arrow_keys_walk_the_steps_and_enter_chooses_one(page, charts, forecasts):
    page.tab.evaluate(FOCUS)
    for key in ("ArrowRight", "ArrowRight", "End", "ArrowRight", "Home", "Enter"):
        page.tab.keyboard.press(key)
    nodes = [step["node"] for step in forecasts["video"]["steps"]]
    told = page.tab.evaluate("() => window.told")
    assert [*nodes, nodes[0]] == [node for node, chosen in told if node and not chosen]
    assert [nodes[0], True] == told[-1]
    selected = page.tab.locator("#charts [aria-selected=true]")
    assert (1, "0") == (selected.count(), selected.get_attribute("tabindex"))


def test_the_pointer_on_a_step_tells_of_it_and_away_of_none(page, charts, forecasts):
    page.tab.locator("#charts svg").first.locator("[data-step]").nth(2).hover()
    page.tab.mouse.move(1200, 700)
    nodes = [step["node"] for step in forecasts["video"]["steps"]]
    assert [[nodes[2], False], [None, False]] == page.tab.evaluate("() => window.told")
