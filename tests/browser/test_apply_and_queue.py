"""The first change of the dialog, made on the canvas and queued in one click, and undone by one Ctrl+Z."""

import importlib.util
import json
from pathlib import Path

import pytest
from workbench import DIALOG

TEMPLATE = "flux_dev_full_text_to_image.json"  # its loaders lie in a subgraph, their widgets promoted


def template():
    """With a seed that stays: one that the queue changes is a step of its own for Ctrl+Z."""
    (folder,) = importlib.util.find_spec("comfyui_workflow_templates_json").submodule_search_locations
    text = Path(folder, "templates", TEMPLATE).read_text(encoding="utf-8")
    return json.loads(text.replace('"randomize"', '"fixed"'))


def loaders(prompt):
    return {one["class_type"] for one in prompt.values() if "oader" in one["class_type"]}


@pytest.mark.parametrize("where", ["root", "subgraph"])
def test_a_lighter_model_is_put_in_its_place_queued_and_undone(page, root, where):
    example = json.loads((root / "example_workflows" / "flux_dev_text_to_image.json").read_text("utf-8"))
    page.card.use(8, ram=16)  # too little RAM for both models: read from disk in every run
    page.load(example if where == "root" else template())
    prompt, before = page.prompt(), page.saved()
    assert "UNETLoader" in loaders(prompt)

    page.run()
    page.tab.click(f"{DIALOG} [data-code$='.gguf'] button")
    page.tab.wait_for_function("() => window.queued")
    page.tab.wait_for_selector(DIALOG, state="detached")
    assert page.ran()
    (sent,) = page.sent
    assert loaders(prompt) - {"UNETLoader"} | {"UnetLoaderGGUF"} == loaders(sent["prompt"])

    page.tab.locator("canvas").first.focus()
    page.tab.keyboard.press("Control+z")
    page.tab.wait_for_function("() => !JSON.stringify(app.rootGraph.serialize()).includes('UnetLoaderGGUF')")
    assert before == page.saved()
    assert prompt == page.prompt()
