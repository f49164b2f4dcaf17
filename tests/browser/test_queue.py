"""Before the queue: what runs well goes on, what does not is asked about, and nothing is ever lost."""

import json
import time

import pytest
from workbench import DIALOG

NO_SCROLL = "return one.scrollHeight <= one.clientHeight && one.scrollWidth <= one.clientWidth;"


def picture(root, side=1024, batch=1):
    """FLUX.1 dev at a size; at 4096 it fits on no card of ours."""
    document = json.loads((root / "example_workflows" / "flux_dev_text_to_image.json").read_text("utf-8"))
    for node in document["nodes"]:
        if node["type"] == "EmptySD3LatentImage":
            node["widgets_values"] = [side, side, batch]
    return document


@pytest.fixture
def fails(page, root):
    """A page whose graph runs out of memory."""
    page.card.use(8)
    page.load(picture(root, 4096, 8))
    page.tab.evaluate("() => localStorage.removeItem('VRAMForecast.Quiet')")
    return page


def asked(page):
    page.tab.wait_for_selector(DIALOG)
    return page.tab.inner_text(DIALOG)


def test_what_fits_is_queued_at_once(page, root):
    page.load(picture(root))
    page.run()
    assert (True, 1) == (page.ran(), len(page.sent))


def test_what_runs_out_of_memory_is_asked_about_and_cancelled_or_queued(fails):
    fails.run()
    assert "out of memory" in asked(fails)
    fails.tab.wait_for_selector(f"{DIALOG} [data-code]")
    fails.tab.keyboard.press("Escape")
    assert (False, 0) == (fails.ran(), len(fails.sent))

    fails.run(0, 4)
    asked(fails)
    fails.tab.click(".vram-forecast-anyway")
    assert (True, 4) == (fails.ran(), len(fails.sent))


def test_the_dialog_fits_the_page_and_enter_makes_the_first_change(fails):
    fails.run()
    asked(fails)
    fails.tab.wait_for_selector(f"{DIALOG} [data-code] button:focus")
    box = fails.tab.locator(DIALOG).bounding_box()
    assert (True, True) == (box["width"] <= 560, box["height"] <= 720)
    assert fails.tab.evaluate(f"() => {{ const one = document.querySelector('{DIALOG}'); {NO_SCROLL} }}")
    first = fails.tab.locator(f"{DIALOG} [data-code]").first.get_attribute("data-code")
    assert first.startswith("smaller-batch")
    fails.tab.keyboard.press("Enter")
    fails.tab.wait_for_selector(DIALOG, state="detached")
    assert fails.ran()
    (sent,) = fails.sent
    assert [1] == [
        one["inputs"]["batch_size"] for one in sent["prompt"].values() if "Latent" in one["class_type"]
    ]


def test_a_change_that_cannot_be_made_says_why_and_the_dialog_stays(fails):
    fails.run()
    asked(fails)
    fails.tab.wait_for_selector(f"{DIALOG} [data-code] button")
    fails.tab.evaluate(
        "() => { app.graph.nodes.find(one => one.type === 'KSampler').widgets[2].value = 22; }"
    )
    fails.tab.locator(f"{DIALOG} [data-code] button").first.click()
    fails.tab.wait_for_selector(f"{DIALOG} [role=alert]:not([hidden])")
    assert "has changed since" in fails.tab.inner_text(f"{DIALOG} [role=alert]")
    fails.tab.keyboard.press("Escape")
    assert (False, 0) == (fails.ran(), len(fails.sent))


def test_the_shortcut_a_second_time_queues_anyway(fails):
    fails.tab.keyboard.press("Control+Enter")
    asked(fails)
    fails.tab.keyboard.press("Control+Enter")
    fails.tab.wait_for_selector(DIALOG, state="detached")
    fails.tab.wait_for_timeout(300)
    assert 1 == len(fails.sent)


def test_a_second_call_while_it_is_asked_is_an_answer(fails):
    fails.run()
    asked(fails)
    assert fails.tab.evaluate("() => app.queuePrompt(0, 1)") is False
    assert (True, 1) == (fails.ran(), len(fails.sent))


def test_a_graph_is_not_asked_about_again_whatever_its_seed(fails):
    fails.run()
    asked(fails)
    fails.tab.check(f"{DIALOG} input[type=checkbox]")
    fails.tab.click(".vram-forecast-anyway")
    fails.ran()
    seed = "() => app.graph.nodes.find(one => one.type === 'KSampler').widgets[0].value++"
    fails.tab.evaluate(seed)
    fails.run()
    assert (True, 2) == (fails.ran(), len(fails.sent))


def test_a_part_of_the_workflow_is_asked_about_as_such(fails):
    """Of both forms of the third argument: a list of ids, and an object that has it."""
    for part in (["10"], {"queueNodeIds": ["10"]}):
        with fails.tab.expect_request("**/vram_forecast/check*outputs=10*"):
            fails.run(0, 1, part)
        asked(fails)
        fails.tab.keyboard.press("Escape")
        fails.ran()


def test_a_queue_that_fills_itself_is_told_and_goes_on(fails):
    fails.tab.evaluate("() => { app.extensionManager.queueSettings.mode = 'change'; }")
    try:
        fails.run()
        assert (True, 1) == (fails.ran(), len(fails.sent))
        fails.tab.wait_for_selector("text=out of memory")
    finally:
        fails.tab.evaluate("() => { app.extensionManager.queueSettings.mode = 'disabled'; }")


def test_nothing_is_asked_where_the_guard_is_off_and_no_way_past_where_it_blocks(fails):
    fails.set("Guard", "off")
    fails.run()
    assert (True, 1) == (fails.ran(), len(fails.sent))

    fails.set("Guard", "block")
    fails.run()
    asked(fails)
    assert 0 == fails.tab.locator(".vram-forecast-anyway").count()
    fails.tab.keyboard.press("Escape")
    assert (False, 1) == (fails.ran(), len(fails.sent))


@pytest.mark.parametrize("fault", ["gone", "slow", "refused", "broken"])
def test_without_an_answer_of_ours_in_time_a_prompt_goes_through(fails, fault):
    held = []
    fails.tab.evaluate(
        "() => { app.graph.nodes.find(one => one.type === 'KSampler').widgets[2].value = 21; }"
    )

    def fail(route):
        if fault == "slow":
            held.append(route)
        elif fault == "gone":
            route.abort()
        else:
            status = 500 if fault == "refused" else 200
            route.fulfill(status=status, body="{}", content_type="application/json")

    fails.tab.route("**/vram_forecast/**", fail)
    try:
        began = time.monotonic()
        fails.run()
        assert (True, 1) == (fails.ran(), len(fails.sent))
        assert time.monotonic() - began < 2  # 0.3 s are granted; the rest is the page's own
    finally:
        fails.tab.unroute("**/vram_forecast/**")
        for route in held:
            route.abort()
        fails.wrong[:] = [
            one for one in fails.wrong if "Failed to load resource" not in one
        ]  # the browser's own


def test_another_packs_wrapper_around_ours_is_called_with_all_arguments(page, root):
    page.load(picture(root))
    page.tab.evaluate("""() => {
        const ours = app.queuePrompt;
        window.seen = [];
        app.queuePrompt = function (...given) { window.seen.push(given); return ours.apply(this, given); };
        window.undo = () => { app.queuePrompt = ours; };
    }""")
    try:
        page.run(0, 2, [])
        assert page.ran()
        assert [[0, 2, []]] == page.tab.evaluate("() => window.seen")
        assert 2 == len(page.sent)
    finally:
        page.tab.evaluate("() => window.undo()")
