"""The badge in the action bar says how the graph on the canvas runs on the card at hand."""

import pytest

EXAMPLE = "flux_dev_text_to_image.json"
BUTTON = "() => document.querySelector('.vram-forecast-badge')"
WIDTH = f"() => ({BUTTON})().getBoundingClientRect().width"
LABEL = f"() => ({BUTTON})().getAttribute('aria-label')"
RUN = "id => app.extensionManager.command.execute(`VRAMForecast.${id}`)"
STEPS = """steps => {
    const sampler = app.rootGraph.nodes.find(one => one.type === "KSampler");
    sampler.widgets.find(one => one.name === "steps").value = steps;
}"""


@pytest.fixture
def flux(page, root):
    page.load(root / "example_workflows" / EXAMPLE)
    return page


@pytest.mark.parametrize(
    "size, said",
    [(8, "◐ 7.7 / 8 GB · streams · 67 s"), (12, "◐ 11.7 / 12 GB · streams"), (24, "fits")],
    ids=("8 GB", "12 GB", "24 GB"),
)
def test_it_says_in_words_how_the_graph_runs_on_a_card(flux, size, said):
    flux.card.use(size)
    forecast = flux.fresh()
    assert said in flux.badge
    assert f"{forecast['because']} Click for the details." == flux.tab.evaluate(LABEL)


def test_it_keeps_its_width_while_numbers_change(flux):
    widths = []
    for steps in (20, 4, 99):
        flux.tab.evaluate(STEPS, steps)
        flux.fresh()
        flux.tab.wait_for_timeout(50)  # until it is drawn
        widths.append(flux.tab.evaluate(WIDTH))
    assert [widths[0]] * 3 == widths


def test_it_is_hidden_by_its_setting_and_by_its_command(flux):
    flux.fresh()
    flux.set("Badge", False)
    flux.tab.wait_for_function(f"() => !({BUTTON})().offsetParent")
    flux.tab.evaluate(RUN, "ToggleBadge")
    flux.tab.wait_for_function(f"() => ({BUTTON})().offsetParent")


def test_a_command_says_the_same_as_a_message(flux):
    said = flux.fresh()["because"]
    flux.tab.evaluate(RUN, "Check")
    flux.tab.get_by_text(said, exact=True).last.wait_for(timeout=5000)


def test_a_key_shows_the_panel_and_hides_it(flux):
    panel = flux.tab.locator(".vram-forecast-panel")
    before = panel.is_visible()
    flux.tab.evaluate("() => document.activeElement?.blur()")
    for state in ("hidden", "visible") if before else ("visible", "hidden"):
        flux.tab.keyboard.press("Alt+Shift+V")
        panel.wait_for(state=state)


def test_a_graph_with_nothing_to_run_has_no_forecast(page):
    page.tab.evaluate("() => app.rootGraph.clear()")
    page.tab.wait_for_function("() => window.vramForecast.current().phase === 'empty'")
    page.tab.wait_for_function(f"() => ({BUTTON})().innerText.trim() === 'VRAM –'")
