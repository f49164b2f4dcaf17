"""The example workflows: drawn, understood, with official model names, and of node types that ComfyUI has."""

import json
import os
from pathlib import Path

import frontend
import pytest
from prompts import nowhere
from vram_forecast.estimator import check
from vram_forecast.estimator.models.published import published
from vram_forecast.estimator.options import machine
from vram_forecast.estimator.workflow import read

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "example_workflows").glob("*.json"))
NODES = json.loads((ROOT / "locales" / "en" / "nodeDefs.json").read_text(encoding="utf-8"))
NOTES = {"MarkdownNote", "Note"}  # the frontend's own
ENDINGS = (".safetensors", ".gguf", ".ckpt", ".pt", ".pth")
MOST_BYTES = 100_000  # of a thumbnail


def drawn(path):
    return json.loads(path.read_text(encoding="utf-8"))


def named(node):
    """The files that a node's widgets name, without folders."""
    values = [one for one in node.get("widgets_values") or () if isinstance(one, str)]
    return {one.rpartition("/")[2] for one in values if one.endswith(ENDINGS)}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_a_drawn_workflow_of_the_usual_format(path):
    document = drawn(path)
    assert (0.4, True) == (document["version"], len(document["nodes"]) > 1)
    places = {node["id"] for node in document["nodes"]}
    assert all({source, target} <= places for _, source, _, target, _, _ in document["links"])


def test_every_node_is_in_an_example():
    shown = {node["type"] for path in EXAMPLES for node in drawn(path)["nodes"]}
    assert set() == set(NODES) - shown


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_forecast_without_unknown_nodes(path):
    found = check(path, machine(gpu="rtx-4090", ram=64, system="linux"), nowhere, suggestions=0).forecast
    assert ((), ()) == (found.unknown, found.assumed)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_models_are_official_and_say_where_they_are_to_be_had(path):
    for node in drawn(path)["nodes"]:
        models = {one["name"]: one for one in node["properties"].get("models", ())}
        assert named(node) == set(models)
        for name, one in models.items():
            assert published(one["directory"], name), name
            assert one["url"].startswith("https://huggingface.co/")
            assert one["url"].endswith(f"/{name}")
            assert one["directory"]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_has_a_small_picture(path):
    from PIL import Image

    picture = path.with_suffix(".jpg")
    assert picture.stat().st_size < MOST_BYTES
    with Image.open(picture) as opened:
        assert ("JPEG", True) == (opened.format, opened.width >= 400)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_comfyui_has_every_node_type_of_an_example(server, path):
    _, known = server.ask("/object_info")
    assert set() == {node["type"] for node in drawn(path)["nodes"]} - NOTES - set(known)


def test_comfyui_offers_the_examples_with_their_pictures(server):
    _, offered = server.ask("/workflow_templates")
    (names,) = [names for pack, names in offered.items() if pack == server.pack.name]
    assert sorted(names) == [path.stem for path in EXAMPLES]
    for name in names:
        picture = server.fetch(f"/api/workflow_templates/{server.pack.name}/{name}.jpg")
        assert picture == (ROOT / "example_workflows" / f"{name}.jpg").read_bytes()


@pytest.fixture(scope="module")
def page(server):
    """ComfyUI's page in a browser, with what went wrong in our files."""
    lacking = frontend.pageless()
    if lacking:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(lacking)
    from playwright.sync_api import sync_playwright

    server.ask("/settings/Comfy.TutorialCompleted", b"true")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=frontend.browser(), args=["--no-sandbox", "--disable-gpu", "--no-proxy-server"]
        )
        page = started.new_page()
        page.set_default_timeout(120_000)
        page.wrong = []
        page.on("pageerror", lambda error: page.wrong.append(str(error)))
        page.goto(server.url)
        page.wait_for_function(frontend.READY)
        page.wait_for_timeout(2000)
        yield page
        started.close()


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_real_frontend_loads_an_example_and_sends_what_we_read(page, path):
    document = drawn(path)
    page.wrong.clear()
    loaded = page.evaluate(frontend.LOAD, [document, True])
    assert [] == page.wrong
    ours = read(path).prompt()
    assert {key: one["class_type"] for key, one in ours.items()} == {
        key: one["class_type"] for key, one in loaded["sent"].items()
    }
    assert {key: one["inputs"] for key, one in ours.items()} == {
        key: one["inputs"] for key, one in loaded["sent"].items()
    }


SHOW = """async () => {
    app.graph.clear();
    const node = LiteGraph.createNode("VRAMForecastGPUCompare");
    app.graph.add(node);
    node.widgets[0].value = "GeForce RTX 3060 12 GB";
    await app.queuePrompt(0, 1);
    const shown = () => node.widgets.find(one => one.name === "vram_forecast_text");
    for (let tries = 0; tries < 200 && !(shown() && node.imgs?.length); tries++)
        await new Promise(done => setTimeout(done, 100));
    const {output} = await app.graphToPrompt();
    const sent = Object.keys(output[node.id].inputs);
    return [shown()?.value, node.imgs?.length, sent, node.serialize().widgets_values];
}"""


def test_text_and_picture_are_on_the_node_and_neither_is_saved_nor_sent(page):
    text, pictures, sent, saved = page.evaluate(SHOW)
    assert text.startswith("RTX 5090 over RTX 3060 12 GB")
    assert (1, ["first", "second"]) == (pictures, sorted(sent))
    assert ["GeForce RTX 3060 12 GB", "GeForce RTX 5090"] == saved
