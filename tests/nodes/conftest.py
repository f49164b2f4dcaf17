"""Real ComfyUI servers on the CPU, with this checkout among their custom nodes, and models.

A start takes 5 to 15 s, so that tests share servers: `server` and `small` for all that leaves them as they
are, `start` for a configuration of one's own.
"""

import json

import neighbours
import pytest
from at_host import SDXL, forget, recorded
from comfyui_fixtures import start, tiny_checkpoint
from comfyui_server import PACK, Server
from player import QUIET, Player
from small_card import SEEN
from vram_forecast import estimator
from vram_forecast.nodes import host
from vram_forecast.nodes.answers import past
from vram_forecast.nodes.record import said

__all__ = ["start", "tiny_checkpoint"]  # fixtures that the browser's tests have too


@pytest.fixture(scope="session")
def server(start, tmp_path_factory):
    """One ComfyUI for all tests that change nothing in it; its models are not traced while tests run.

    A pack in it writes down what is sent to websockets.
    """
    base = tmp_path_factory.mktemp("comfyui")
    neighbours.move_in(base / "custom_nodes", {"scribe": neighbours.SCRIBE})
    return start(base, VRAM_FORECAST_TRACING="off")


@pytest.fixture(scope="session")
def small(start, tmp_path_factory):
    """One that believes its card to have 4 GiB, of which 3.5 are free."""
    recording = tmp_path_factory.mktemp("recorded") / "host.json"
    card = {name: SEEN[name] for name in SEEN if name not in ("comfy", "torch", "os")}
    recording.write_text(json.dumps({"seen": card}), encoding="utf-8")
    return start(VRAM_FORECAST_HOST=str(recording), VRAM_FORECAST_TRACING="off")


@pytest.fixture(scope="session")
def comfyui_in(comfyui, copy_checkout):
    """A function that starts a ComfyUI, with this checkout and no models, in a folder."""

    def start(base, environment) -> Server:
        if not (base / "custom_nodes" / PACK).exists():
            copy_checkout(base / "custom_nodes" / PACK)
        return Server(comfyui, base, **environment)

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


@pytest.fixture
def asked(monkeypatch):
    """How often a forecast is worked out."""
    times, real = [], estimator.check

    def counted(*given, **options):
        times.append(given)
        return real(*given, **options)

    monkeypatch.setattr(estimator, "check", counted)
    return times
