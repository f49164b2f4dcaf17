"""ComfyUI's page in a real browser, with this pack in the server behind it, on a card that a test chooses.

A package's fixtures, since a browser that is still open when other tests open theirs makes Playwright fail.
"""

import os

import frontend
import neighbours
import pytest
from comfyui_fixtures import start, tiny_checkpoint
from conftest import get_comfyui
from workbench import Card, Workbench

__all__ = ["start", "tiny_checkpoint"]

FRONTENDS = ("1.48.7", get_comfyui.NEWER_FRONTEND)
# Published headers without weights; the bytes of these are known exactly.
MODELS = {
    "flux1-dev": "diffusion_models/flux1-dev.safetensors",
    "clip_l": "text_encoders/clip_l.safetensors",
    "t5xxl_fp16": "text_encoders/t5xxl_fp16.safetensors",
    "ae": "vae/ae.safetensors",
}


def lacking(what: str) -> None:
    """Fails under CI, and elsewhere skips, for want of something; says how to get it."""
    (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(what)


@pytest.fixture(scope="package")
def chromium():
    """A browser without a page."""
    if told := frontend.pageless():
        lacking(told)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=frontend.browser(), args=["--no-sandbox", "--disable-gpu", "--no-proxy-server"]
        )
        yield started
        started.close()


@pytest.fixture(scope="package", params=FRONTENDS)
def comfy(request, start, sparse_model, tmp_path_factory):
    """A ComfyUI with one of the frontends, and the recording of its card."""
    static = frontend.static()
    if request.param == get_comfyui.NEWER_FRONTEND:
        found = get_comfyui.newer_frontend()
        static = found if found else lacking(f"no newer frontend: run `{get_comfyui.COMMAND}`")
    base = tmp_path_factory.mktemp("comfyui")
    neighbours.move_in(base / "custom_nodes", {"ComfyUI-GGUF": neighbours.LOADERS})
    card = Card(base / "host.json")
    for slug, place in MODELS.items():
        sparse_model(slug, base / "models" / place)
    running = start(
        base,
        flags=("--cpu", "--disable-api-nodes", "--front-end-root", str(static)),
        VRAM_FORECAST_HOST=str(card.path),
        VRAM_FORECAST_TRACING="off",
    )
    running.card, running.frontend = card, request.param
    for name, value in frontend.SETTINGS.items():
        running.ask(f"/settings/{name}", value)
    return running


@pytest.fixture(scope="package", params=(False, True), ids=("canvas", "nodes 2.0"))
def renderer(request):
    """Whether nodes are drawn by Vue (Nodes 2.0) or on the canvas."""
    return request.param


@pytest.fixture(scope="package")
def bench(chromium, comfy, renderer):
    """A page of it, ready, that fails the test which leaves an error of ours on the console."""
    comfy.ask("/settings/Comfy.VueNodes.Enabled", renderer)
    with Workbench(chromium, comfy) as opened:
        yield opened


@pytest.fixture
def page(bench):
    """The page, with an empty graph, a card of 24 GB and default settings before each test."""
    bench.reset()
    yield bench
    assert [] == bench.wrong
