"""Take the pictures of docs/in-browser.md: `python tools/screenshots.py`, with what the browser's tests need.

The card is faked, the models are named and not there; the pages are real ones of ComfyUI's own frontend.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import conftest as base  # noqa: E402  loads this checkout as the pack `vram_forecast`
import frontend  # noqa: E402
import neighbours  # noqa: E402
from comfyui_server import PACK, Server  # noqa: E402
from PIL import Image  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402
from workbench import DIALOG, Card, Workbench  # noqa: E402

OUT = ROOT / "docs" / "browser"
EXAMPLE = ROOT / "example_workflows" / "flux_dev_text_to_image.json"
MODELS = {
    "flux1-dev": "diffusion_models/flux1-dev.safetensors",
    "clip_l": "text_encoders/clip_l.safetensors",
    "t5xxl_fp16": "text_encoders/t5xxl_fp16.safetensors",
    "ae": "vae/ae.safetensors",
}
THEMES = {"dark": "dark", "light": "light"}
RENDERERS = {"canvas": False, "nodes-2.0": True}
VIEW = {"width": 1500, "height": 860}
ARRANGED = """() => {
    const [x, y] = [40, 90];
    for (const node of app.rootGraph.nodes)
        if (node.type.startsWith("VRAMForecast")) app.rootGraph.remove(node);
    app.canvas.ds.scale = 0.78;
    app.canvas.ds.offset = [x + 480, y + 40];
    app.canvas.setDirty(true, true);
}"""


def lay(path: Path, slug: str) -> None:
    """A published model's header, and a hole for its weights."""
    base.sparse_model.__wrapped__()(slug, path)


@contextlib.contextmanager
def served() -> Any:
    """A ComfyUI with this checkout, a faked card, and the models of the example."""
    with tempfile.TemporaryDirectory() as folder:
        room = Path(folder)
        base.copy_checkout.__wrapped__()(room / "custom_nodes" / PACK)
        neighbours.move_in(room / "custom_nodes", {"ComfyUI-GGUF": neighbours.LOADERS})
        for slug, place in MODELS.items():
            lay(room / "models" / place, slug)
        card = Card(room / "host.json")
        flags = ("--cpu", "--disable-api-nodes", "--front-end-root", str(frontend.static()))
        more = {"VRAM_FORECAST_HOST": str(card.path), "VRAM_FORECAST_TRACING": "off"}
        running = Server(base.get_comfyui.locate(), room, flags=flags, **more).wait()
        running.card = card
        try:
            for name, value in frontend.SETTINGS.items():
                running.ask(f"/settings/{name}", value)
            yield running
        finally:
            running.stop()


def keep(picture: bytes, name: str) -> None:
    """Write a screenshot, small."""
    OUT.mkdir(exist_ok=True)
    Image.open(BytesIO(picture)).convert("RGB").save(OUT / f"{name}.webp", quality=82, method=6)
    print(f"docs/browser/{name}.webp: {(OUT / f'{name}.webp').stat().st_size // 1000} kB")


def drawn(page: Workbench, side: int, batch: int) -> None:
    """The example at a size, where it can be seen."""
    document = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    for node in document["nodes"]:
        if node["type"] == "EmptySD3LatentImage":
            node["widgets_values"] = [side, side, batch]
    page.load(document)
    page.tab.evaluate(ARRANGED)
    page.fresh()


def taken(server: Any, browser: Any, theme: str, renderer: str) -> None:
    """The page with the panel open; on the canvas, the dialog too."""
    server.ask("/settings/Comfy.ColorPalette", THEMES[theme])
    server.ask("/settings/Comfy.VueNodes.Enabled", RENDERERS[renderer])
    server.ask("/settings/Comfy.Minimap.Visible", False)
    with Workbench(browser, server) as page:
        page.tab.set_viewport_size(VIEW)
        page.card.use(12)
        drawn(page, 1024, 1)
        page.tab.click(".vram-forecast-badge")
        page.tab.wait_for_timeout(4000)
        keep(page.tab.screenshot(), f"page-{theme}-{renderer}")
        if renderer == "canvas":
            page.card.use(8)
            drawn(page, 4096, 8)
            page.run()
            page.tab.wait_for_selector(f"{DIALOG} [data-code]")
            page.tab.wait_for_timeout(500)
            keep(page.tab.locator(DIALOG).screenshot(), f"dialog-{theme}")
            page.tab.keyboard.press("Escape")


def main() -> None:
    """All of them."""
    with served() as server, sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--no-proxy-server"]
        browser = playwright.chromium.launch(executable_path=frontend.browser(), args=options)
        for theme in THEMES:
            for renderer in RENDERERS:
                taken(server, browser, theme, renderer)
        browser.close()


if __name__ == "__main__":
    if not shutil.which("chromium") and frontend.pageless():
        raise SystemExit(frontend.pageless())
    main()
