"""Real ComfyUI servers on the CPU, with this checkout among their custom nodes, and models.

A start takes 5 to 15 s, so that tests share servers: `server` and `small` for all that leaves them as they
are, `start` for a configuration of one's own.
"""

import contextlib
import json
import os

import neighbours
import pytest
import tiny
from at_host import SDXL, forget, recorded
from comfyui_server import PACK, Server
from player import QUIET, Player
from small_card import SEEN
from vram_forecast.nodes import host
from vram_forecast.nodes.answers import past
from vram_forecast.nodes.record import said

MODELS = {
    "sd_xl_base_1.0": "checkpoints/sdxl/sd_xl_base_1.0.safetensors",
    "ae": "vae/ae.safetensors",
}


@pytest.fixture(scope="session")
def tiny_checkpoint(torch, tmp_path_factory):
    """The checkpoint that is really sampled."""
    return tiny.write(tmp_path_factory.mktemp("tiny") / tiny.FILE)


@pytest.fixture(scope="session")
def start(comfyui, copy_checkout, sparse_model, tiny_checkpoint, tmp_path_factory):
    """A function that starts a ComfyUI with variables of the environment, and ends it with the tests.

    `base`: the folder to start it in, for one of its own; `wait`: whether it is to answer before that.
    """
    with contextlib.ExitStack() as ending:

        def begin(base=None, *, wait=True, comfyui=comfyui, pack=PACK, **more) -> Server:
            base = base or tmp_path_factory.mktemp("comfyui")
            if not (base / "custom_nodes" / pack).exists():
                copy_checkout(base / "custom_nodes" / pack)
                lay_models(base / "models", sparse_model, tiny_checkpoint)
            running = Server(comfyui, base, pack=pack, **more)
            ending.callback(running.stop)
            return running.wait() if wait else running

        yield begin


def lay_models(folder, sparse_model, tiny_checkpoint):
    """The models that every ComfyUI has: published ones without weights, and the tiny one with."""
    for slug, place in MODELS.items():
        sparse_model(slug, folder / place)
    os.link(tiny_checkpoint, folder / "checkpoints" / tiny.FILE)


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
