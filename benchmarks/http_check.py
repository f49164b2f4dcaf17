"""How long a check takes over HTTP in a real ComfyUI: `python benchmarks/http_check.py [TIMES]`.

The official template with the most nodes, warm: as the badge asks (`suggestions=0`), kept and worked out anew
(each time with another seed), and with suggestions. COMFYUI_PATH names the ComfyUI, which is started on the
CPU as the tests start it. Exit code 1 where the 95th percentile of a check is not below 50 ms.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tools")]

import get_comfyui
from comfyui_server import PACK, Server

from benchmarks import templates
from estimator.workflow import read

TARGET, TIMES = 0.05, 60
# name, query, whether each question is a new one, and whether there is a target
CASES = (
    ("check as the badge asks, kept", "suggestions=0", False, True),
    ("check as the badge asks, worked out anew", "suggestions=0", True, True),
    ("check for 8 GiB with suggestions, kept", "suggestions=3&vram=8", False, True),
    ("check for 8 GiB with suggestions, worked out anew", "suggestions=3&vram=8", True, False),
)


def largest() -> dict[str, Any]:
    """The official template with the most nodes."""
    graphs = {path: len(read(path).nodes) for path in templates.all_of(templates.folder())}
    return json.loads(max(graphs, key=lambda path: graphs[path]).read_bytes())


def taken(server: Server, workflow: dict[str, Any], query: str, new: bool, times: int) -> list[float]:
    """Seconds of so many questions, one after the other, sorted; two before them are not counted."""
    found = []
    for number in range(times + 2):
        marked = {**workflow, "extra": {"asked": number}} if new else workflow
        body = json.dumps(marked).encode()
        began = time.perf_counter()
        status, answer = server.ask(f"/vram_forecast/check?{query}", body)
        found.append(time.perf_counter() - began)
        assert status == 200, f"{answer}\n{server.log[-2000:]}"
    return sorted(found[2:])


def main() -> None:
    """Start a ComfyUI, ask, and print the numbers."""
    times = int(sys.argv[1]) if len(sys.argv) > 1 else TIMES
    comfyui, missed = get_comfyui.locate(), False
    if comfyui is None:
        raise SystemExit(f"no ComfyUI: run `{get_comfyui.COMMAND}`, or set COMFYUI_PATH")
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        skip = shutil.ignore_patterns(".git", ".*", "__pycache__")
        shutil.copytree(ROOT, base / "custom_nodes" / PACK, ignore=skip)
        server = Server(comfyui, base)
        try:
            server.wait()
            workflow = largest()
            for name, query, new, aim in CASES:
                found = taken(server, workflow, query, new, times)
                middle, late = found[len(found) // 2], found[int(0.95 * len(found))]
                missed |= aim and late >= TARGET
                print(f"{name}: median {1000 * middle:.1f} ms, p95 {1000 * late:.1f} ms of {times}")
        finally:
            server.process.terminate()
            server.process.wait(30)
    sys.exit(missed)


if __name__ == "__main__":
    main()
