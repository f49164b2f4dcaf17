"""Fixtures that start real ComfyUI servers, for the tests of nodes and those in a browser."""

import contextlib
import os

import pytest
import tiny
from comfyui_server import PACK, Server

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
