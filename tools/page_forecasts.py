"""Writes tests/web/forecasts.json, on which the page's charts are tested: `python tools/page_forecasts.py`.

They are of official templates, whose files are taken as published. Needs comfyui-workflow-templates-json.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import comfyui_workflow_templates_json

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = Path(comfyui_workflow_templates_json.__file__).parent / "templates"
MADE = ROOT / "tests" / "web" / "forecasts.json"
SETUP = "--comfy 0.33.0 --torch 2.9 --os linux"
FLUX, SDXL, WAN = "flux_dev_full_text_to_image", "image_sdxl_simple", "video_wan2_2_5B_ti2v"
# What is in each: a template, a change of its text, and on what it runs.
CASES = {
    "streamed": (FLUX, ("", ""), "--gpu rtx-4060 --ram 64"),
    "disk": (FLUX, ("", ""), "--gpu rtx-4060 --ram 16"),
    "processor": (FLUX, ("", ""), "--gpu rtx-4060 --ram 64 --flags=--cpu"),
    "unknown": (FLUX, ('"type": "KSampler"', '"type": "MySampler"'), "--gpu rtx-4070 --ram 64"),
    "oom": (SDXL, ("1024", "8192"), "--gpu rtx-4060 --ram 32 --flags=--disable-dynamic-vram"),
    "video": (WAN, ("", ""), "--gpu rtx-3060-12gb --ram 32"),
    "resident": (SDXL, ("", ""), "--gpu rtx-4090 --ram 64"),
}


def forecast(template: str, change: tuple[str, str], on: str) -> dict[str, Any]:
    """What `check --json` says; without suggestions, which no chart shows."""
    text = (TEMPLATES / f"{template}.json").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        workflow = Path(folder, "workflow.json")
        workflow.write_text(text.replace(*change) if change[0] else text, encoding="utf-8")
        command = [sys.executable, "-m", "estimator", "check", str(workflow), "--json"]
        ran = subprocess.run([*command, *f"{SETUP} {on}".split()], cwd=ROOT, capture_output=True, check=True)
    return json.loads(ran.stdout) | {"suggestions": []}


def main() -> None:
    """Make them all."""
    found = {name: forecast(*case) for name, case in CASES.items()}
    MADE.write_text(json.dumps(found, separators=(",", ":"), ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
