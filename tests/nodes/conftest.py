"""A real ComfyUI server on the CPU, with this checkout among its custom nodes, and sparse models."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from at_host import SDXL, forget, recorded
from player import QUIET, Player
from small_card import SEEN
from vram_forecast.nodes import host
from vram_forecast.nodes.answers import past
from vram_forecast.nodes.record import said

PACK = "ComfyUI-VRAM-Forecast.x"  # a clone's folder name: dashes, and a dot
MODELS = {
    "sd_xl_base_1.0": "checkpoints/sdxl/sd_xl_base_1.0.safetensors",
    "ae": "vae/ae.safetensors",
}
# The tests talk to this machine only, whatever proxy the environment names.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Server:
    """A running ComfyUI: its folders, its log, and its HTTP interface."""

    def __init__(self, comfyui: Path, base: Path, **environment: str) -> None:
        self.pack, self.log_file = base / "custom_nodes" / PACK, base / "server.log"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "main.py", "--cpu", "--listen", "127.0.0.1", "--port", str(port)]
        command += [
            "--base-directory",
            str(base),
            "--database-url",
            "sqlite:///:memory:",
            "--disable-api-nodes",
        ]
        with self.log_file.open("wb") as log:
            offline = {**os.environ, "HF_HUB_OFFLINE": "1", "PYTHONUNBUFFERED": "1", **environment}
            self.process = subprocess.Popen(command, cwd=comfyui, stdout=log, stderr=log, env=offline)

    @property
    def log(self) -> str:
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    def wait(self, seconds: float = 180) -> None:
        """Until it answers; fails with its log where it stops or never does."""
        end = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < end:
            try:
                return self.ask("/system_stats") and None
            except urllib.error.URLError:
                time.sleep(0.2)
        pytest.fail(f"ComfyUI did not start:\n{self.log}")

    def ask(self, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """GET, or POST where there is a body (bytes as they are, else as JSON): status and decoded answer."""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            asked = urllib.request.Request(self.url + path, data=data, headers=named)
            with OPENER.open(asked, timeout=60) as response:
                status, text = response.status, response.read()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read()
        try:
            return status, json.loads(text)
        except ValueError:
            return status, text.decode()

    def fetch(self, path: str) -> bytes:
        """What a GET gives, as it is."""
        with OPENER.open(self.url + path, timeout=60) as response:
            return response.read()

    def run(self, prompt: dict[str, Any], outputs: list[str]) -> dict[str, Any]:
        """Queue a prompt for some of its output nodes, and wait for its entry in the history."""
        status, queued = self.ask("/prompt", {"prompt": prompt, "partial_execution_targets": outputs})
        assert (200, {}) == (status, queued.get("node_errors", queued))
        end = time.monotonic() + 60
        while time.monotonic() < end:
            _, history = self.ask(f"/history/{queued['prompt_id']}")
            if history:
                return history[queued["prompt_id"]]
            time.sleep(0.1)
        pytest.fail(f"the prompt never finished:\n{self.log}")


@pytest.fixture(scope="session")
def start(comfyui, copy_checkout, sparse_model, tmp_path_factory):
    """Start a ComfyUI with variables of the environment; it takes some 15 s, and ends with the tests."""
    with contextlib.ExitStack() as ending:

        def begin(**environment: str) -> Server:
            base = tmp_path_factory.mktemp("comfyui")
            (base / "custom_nodes").mkdir()
            copy_checkout(base / "custom_nodes" / PACK)
            for slug, place in MODELS.items():
                sparse_model(slug, base / "models" / place)
            running = Server(comfyui, base, **environment)
            ending.callback(running.process.wait, 30)
            ending.callback(running.process.terminate)
            running.wait()
            return running

        yield begin


@pytest.fixture(scope="session")
def server(start):
    """One ComfyUI for all tests that change nothing in it."""
    return start()


@pytest.fixture(scope="session")
def small(start, tmp_path_factory):
    """One that believes its card to have 4 GiB, of which 3.5 are free."""
    recording = tmp_path_factory.mktemp("recorded") / "host.json"
    card = {name: SEEN[name] for name in SEEN if name not in ("comfy", "torch", "os")}
    recording.write_text(json.dumps({"seen": card}), encoding="utf-8")
    return start(VRAM_FORECAST_HOST=str(recording))


@pytest.fixture(scope="session")
def comfyui_in(comfyui, copy_checkout):
    """A function that starts a ComfyUI, with this checkout, in a folder where its cache lies too."""

    def start(base: Path, environment: dict[str, str]) -> Server:
        if not (base / "custom_nodes" / PACK).exists():
            copy_checkout(base / "custom_nodes" / PACK)
        with pytest.MonkeyPatch.context() as patch:
            for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
                patch.setenv(name, str(base / "cache"))
            for name, value in environment.items():
                patch.setenv(name, value)
            return Server(comfyui, base)

    return start


@pytest.fixture
def card(monkeypatch, tmp_path, sparse_model):
    """A ComfyUI on a card, with SDXL on disk."""
    forget()
    past.last.clear()
    said.said.clear()
    sparse_model("sd_xl_base_1.0", tmp_path / "models" / "checkpoints" / SDXL)
    found = recorded(tmp_path / "models")
    found.memories = [QUIET]
    monkeypatch.setattr(host, "host", lambda: found)
    return found


@pytest.fixture
def player(card):
    made = Player(card, past.file())
    yield made
    made.stop()
