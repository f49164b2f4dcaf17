"""Runs of a real ComfyUI come out of the memory of past runs."""

import time

import pytest
from vram_forecast.estimator.history.store import HistoryError, Store


def kept_by(server, run):
    """A run of a real ComfyUI and its nodes, once it is written down."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        for path in server.pack.parent.parent.glob("user/**/history.sqlite"):
            try:
                store = Store(path, writes=False)
            except HistoryError:  # it is being made
                break
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


def test_a_run_of_a_real_comfyui_that_fails_says_where(server):
    wrong = pictures(2)
    wrong["2"]["inputs"]["filename_prefix"] = "../../x"  # ComfyUI refuses it when it runs
    ran, rows = kept_by(server, server.run(wrong, ["2"])["prompt"][1])
    assert ("failed", "2", {"1", "2"}) == (ran.outcome, ran.node, set(rows))
    assert "SaveImage" == rows["2"].class_type and not rows["2"].full


def test_a_real_comfyui_keeps_what_a_lazy_node_waited_for_as_its_own(server):
    size = {"width": 64, "height": 64, "batch_size": 1, "color": 5}
    prompt = {
        "1": {"class_type": "EmptyImage", "inputs": size},
        "3": {"class_type": "VRAMForecastGate", "inputs": {"value": ["1", 0], "when_short": "stop"}},
        "4": {"class_type": "SaveImage", "inputs": {"images": ["3", 0], "filename_prefix": "x"}},
    }
    _, rows = kept_by(server, server.run(prompt, ["4"])["prompt"][1])
    assert {"1", "3", "4"} == set(rows)
    assert not any(row.shared for row in rows.values())
