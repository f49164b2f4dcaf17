"""A running ComfyUI: its folders, its log, and its HTTP interface."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

PACK = "ComfyUI-VRAM-Forecast.x"  # a clone's folder name: dashes, and a dot
# The tests talk to this machine only, whatever proxy the environment names.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
FLAGS = ("--cpu", "--disable-api-nodes")


class Server:
    """ComfyUI on the CPU over a folder of its own; it runs from when it is made, and answers after `wait`.

    What the pack keeps outside that folder lies in it too. `pack`: the name of the pack's folder.
    """

    def __init__(
        self, comfyui: Path, base: Path, *, flags: Sequence[str] = FLAGS, pack: str = PACK, **environment: str
    ) -> None:
        self.base, self.pack, self.log_file = base, base / "custom_nodes" / pack, base / "server.log"
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "main.py", *flags, "--listen", "127.0.0.1", "--port", str(port)]
        command += ["--base-directory", str(base), "--database-url", "sqlite:///:memory:"]
        own = {"XDG_CACHE_HOME": str(base / "cache"), "LOCALAPPDATA": str(base / "cache")}
        # Two threads of torch on two cores that others use as well wait for each other for seconds.
        own |= {"HF_HUB_OFFLINE": "1", "PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "1"}
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen(
                command, cwd=comfyui, stdout=log, stderr=log, env={**os.environ, **own, **environment}
            )

    @property
    def log(self) -> str:
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    def wait(self, seconds: float = 180) -> "Server":
        """Itself as soon as it answers; fails with its log where it stops or never does."""
        end = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < end:
            try:
                self.ask("/system_stats")
                return self
            except urllib.error.URLError:
                time.sleep(0.2)
        pytest.fail(f"ComfyUI did not start:\n{self.log}")

    def stop(self) -> None:
        """End it as its user would."""
        self.process.terminate()
        self.process.wait(30)

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

    def run(self, prompt: dict[str, Any], outputs: list[str], seconds: float = 60) -> dict[str, Any]:
        """Queue a prompt for some of its output nodes, and wait for its entry in the history."""
        return self.ended(self.queue(prompt, outputs), seconds)

    def queue(self, prompt: dict[str, Any], outputs: list[str], **more: Any) -> str:
        """Queue a prompt for some of its output nodes: its id."""
        status, queued = self.ask("/prompt", {"prompt": prompt, "partial_execution_targets": outputs, **more})
        assert (200, {}) == (status, queued.get("node_errors", queued)), queued
        return queued["prompt_id"]

    def ended(self, prompt_id: str, seconds: float = 60) -> dict[str, Any]:
        """The entry of a queued prompt in the history, once it is there."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            _, history = self.ask(f"/history/{prompt_id}")
            if history:
                return history[prompt_id]
            time.sleep(0.1)
        pytest.fail(f"the prompt never finished:\n{self.log}")


def free_port() -> int:
    """A port of this machine that nothing listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
