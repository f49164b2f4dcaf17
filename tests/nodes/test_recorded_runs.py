"""Runs of a real ComfyUI come out of the memory of past runs."""

import time

import pytest
from vram_forecast.estimator.history.store import Store


def kept_by(server, run):
    """A run of a real ComfyUI and its nodes, once it is written down."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        for path in server.pack.parent.parent.glob("user/**/history.sqlite"):
            store = Store(path, writes=False)
            found, nodes = store.run(run), store.nodes(run)
            store.close()
            if found and found.outcome != "running":
                return found, {row.node: row for row in nodes}
        time.sleep(0.1)
    pytest.fail(f"the run was never written down:\n{server.log}")


def pictures(color, **more):
    """A prompt that makes a picture and keeps it."""
    size = {"width": 64, "height": 64, "batch_size": 1, "color": color}
    return {
        "1": {"class_type": "EmptyImage", "inputs": size | more},
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}},
    }


def test_runs_of_a_real_comfyui_are_kept(server):
    first = server.run(pictures(1), ["2"])["prompt"][1]
    again = server.run(pictures(1), ["2"])["prompt"][1]
    ran, rows = kept_by(server, first)
    assert ("done", {"1", "2"}) == (ran.outcome, set(rows))
    assert ("EmptyImage", "SaveImage") == (rows["1"].class_type, rows["2"].class_type)
    assert all(0 < row.seconds < 60 and row.ram_used for row in rows.values())
    assert ran.setup.comfy and ran.seconds > 0
    cached, nothing = kept_by(server, again)
    assert ("done", ran.graph, {}) == (cached.outcome, cached.graph, nothing)
