"""Before the queue: what runs well goes on at once, what does not is asked about, nothing is lost."""

import json

import pytest

OPEN = "dialog.vram-forecast-dialog[open]"
QUEUE = "(...given) => { window.queued = app.queuePrompt(...given); }"


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


def queue(page, *given):
    page.tab.evaluate(f"given => ({QUEUE})(...given)", list(given) or [0, 1])


def asked(page):
    page.tab.wait_for_selector(OPEN)
    return page.tab.inner_text(OPEN)


def answered(page):
    """What the call to the queue came to."""
    found = page.tab.evaluate("() => window.queued")
    assert 0 == page.tab.locator(OPEN).count()
    return found


def test_what_fits_is_queued_at_once(page, root):
    page.load(picture(root))
    queue(page)
    assert (True, 1) == (answered(page), len(page.sent))


def test_what_runs_out_of_memory_is_asked_about_and_cancelled_or_queued(fails):
    queue(fails)
    assert "out of memory" in asked(fails)
    fails.tab.wait_for_selector(f"{OPEN} [data-code]")
    fails.tab.keyboard.press("Escape")
    assert (False, 0) == (answered(fails), len(fails.sent))

    queue(fails, 0, 4)
    asked(fails)
    fails.tab.click(".vram-forecast-anyway")
    assert (True, 4) == (answered(fails), len(fails.sent))


def test_the_shortcut_a_second_time_queues_anyway(fails):
    fails.tab.keyboard.press("Control+Enter")
    asked(fails)
    fails.tab.keyboard.press("Control+Enter")
    fails.tab.wait_for_selector(OPEN, state="detached")
    fails.tab.wait_for_timeout(300)
    assert 1 == len(fails.sent)


def test_a_second_call_while_it_is_asked_is_an_answer(fails):
    queue(fails)
    asked(fails)
    assert fails.tab.evaluate("() => app.queuePrompt(0, 1)") is False
    assert (True, 1) == (answered(fails), len(fails.sent))


def test_a_graph_is_not_asked_about_again_whatever_its_seed(fails):
    queue(fails)
    asked(fails)
    fails.tab.check(f"{OPEN} input[type=checkbox]")
    fails.tab.click(".vram-forecast-anyway")
    answered(fails)
    seed = "() => app.graph.nodes.find(one => one.type === 'KSampler').widgets[0].value++"
    fails.tab.evaluate(seed)
    queue(fails)
    assert (True, 2) == (answered(fails), len(fails.sent))


def test_a_part_of_the_workflow_is_asked_about_as_such(fails):
    """Of both forms of the third argument: a list of ids, and an object that has it."""
    for part in (["10"], {"queueNodeIds": ["10"]}):
        with fails.tab.expect_request("**/vram_forecast/check*outputs=10*"):
            queue(fails, 0, 1, part)
        asked(fails)
        fails.tab.keyboard.press("Escape")
        answered(fails)


def test_a_queue_that_fills_itself_is_told_and_goes_on(fails):
    fails.tab.evaluate("() => { app.extensionManager.queueSettings.mode = 'change'; }")
    try:
        queue(fails)
        assert (True, 1) == (answered(fails), len(fails.sent))
        fails.tab.wait_for_selector("text=out of memory")
    finally:
        fails.tab.evaluate("() => { app.extensionManager.queueSettings.mode = 'disabled'; }")


def test_nothing_is_asked_where_the_guard_is_off_and_no_way_past_where_it_blocks(fails):
    fails.set("Guard", "off")
    queue(fails)
    assert (True, 1) == (answered(fails), len(fails.sent))

    fails.set("Guard", "block")
    queue(fails)
    asked(fails)
    assert 0 == fails.tab.locator(".vram-forecast-anyway").count()
    fails.tab.keyboard.press("Escape")
    assert (False, 1) == (answered(fails), len(fails.sent))


@pytest.mark.parametrize("fault", ["gone", "slow", "broken"])
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
            route.fulfill(status=200, body="{}", content_type="application/json")

    fails.tab.route("**/vram_forecast/**", fail)
    try:
        queue(fails)
        assert (True, 1) == (answered(fails), len(fails.sent))
    finally:
        fails.tab.unroute("**/vram_forecast/**")
        for route in held:
            route.abort()
        fails.wrong[:] = [
            one for one in fails.wrong if "Failed to load resource" not in one
        ]  # the browser's own


def test_wrappers_of_other_packs_before_and_after_ours_are_called_with_all_arguments(page, root):
    page.load(picture(root))
    page.tab.evaluate("""() => {
        const ours = app.queuePrompt;
        window.seen = [];
        app.queuePrompt = function (...given) { window.seen.push(given); return ours.apply(this, given); };
        window.undo = () => { app.queuePrompt = ours; };
    }""")
    try:
        queue(page, 0, 2, [])
        assert answered(page)
        assert [[0, 2, []]] == page.tab.evaluate("() => window.seen")
        assert 2 == len(page.sent)
    finally:
        page.tab.evaluate("() => window.undo()")
