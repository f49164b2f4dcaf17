"""The gate in a real ComfyUI, over which a recording lays a card of 4 GiB; a reserve makes any step short."""

import time

import pytest
from prompts import node

MOST = 8.0  # GiB to keep free, more than the card has


def decoding(when_short="stop", reserve=0.0, side=64, **more):
    """A latent through a gate into a VAE, shown."""
    gate = node("VRAMForecastGate", value=["1", 0], when_short=when_short, reserve=reserve)
    return {
        "1": node("EmptySD3LatentImage", width=side, height=side, batch_size=1),
        "2": node("VAELoader", vae_name="ae.safetensors"),
        "3": gate,
        "4": node("VAEDecode", samples=["3", 0], vae=["2", 0]),
        "5": node("PreviewImage", images=["4", 0]),
        **more,
    }


def ran(entry):
    """The nodes that were not taken from the cache."""
    (cached,) = [data["nodes"] for event, data in entry["status"]["messages"] if event == "execution_cached"]
    return {"1", "2", "3", "4", "5"} - set(cached)


def error(entry):
    """How a prompt failed."""
    (told,) = [data for event, data in entry["status"]["messages"] if event == "execution_error"]
    return told


@pytest.fixture(autouse=True)
def off(small):
    """The guard lets everything through: the gate is what is tested."""
    assert 200 == small.ask("/settings/VRAMForecast.Guard", b'"off"')[0]


def test_the_gate_is_described_to_the_frontend(small):
    gate = small.ask("/object_info/VRAMForecastGate")[1]["VRAMForecastGate"]
    assert ("VRAM Gate", "VRAM Forecast", ["*"]) == (gate["display_name"], gate["category"], gate["output"])
    assert gate["input"]["required"]["value"][1]["lazy"] is True


def test_what_fits_goes_through_and_nothing_is_run_twice(small):
    prompt = decoding(side=72)
    first = small.run(prompt, ["5"])
    assert "success" == first["status"]["status_str"]
    assert {"3", "4", "5"} <= ran(first)
    assert set() == ran(small.run(prompt, ["5"]))


def test_a_new_value_runs_the_gate_and_only_what_is_behind_it(small):
    small.run(decoding(side=80), ["5"])
    assert {"1", "3", "4", "5"} == ran(small.run(decoding(side=88), ["5"]))


def test_what_is_behind_the_gate_alone_changes_without_the_gate_being_run(small):
    small.run(decoding(side=96), ["5"])
    tiled = node("VAEDecodeTiled", samples=["3", 0], vae=["2", 0], tile_size=512, overlap=64)
    tiled["inputs"] |= {"temporal_size": 64, "temporal_overlap": 8}
    assert {"4", "5"} == ran(small.run({**decoding(side=96), "4": tiled}, ["5"]))


@pytest.mark.parametrize("mode", ["stop", "free models first"])
def test_what_does_not_fit_is_stopped_with_a_sentence(small, mode):
    entry = small.run(decoding(mode, MOST, side=104), ["5"])
    told = error(entry)
    status = entry["status"]["status_str"]
    assert ("error", "3", "VRAMForecastGate") == (status, told["node_id"], told["node_type"])
    said = told["exception_message"].strip()
    assert said.startswith("VRAM Gate (node 3) stopped this run. VAEDecode (node 4) needs ")
    assert "3.5 GiB of 4.0 GiB are free" in said
    assert ("were unloaded already" in said) == (mode == "free models first")


def test_what_comes_before_the_gate_is_not_run_where_it_does_not_fit(small):
    inner = {"6": node("VRAMForecastGate", value=["4", 0], when_short="stop", reserve=MOST)}
    prompt = {**decoding(side=112), **inner, "5": node("PreviewImage", images=["6", 0])}
    told = error(small.run(prompt, ["5"]))
    assert ("6", False) == (told["node_id"], "4" in told["executed"])
    assert "VAEDecode (node 4)" in told["exception_message"]


def test_pass_writes_one_line_and_goes_on(small):
    before = len(small.log)
    assert "success" == small.run(decoding("pass", MOST, side=120), ["5"])["status"]["status_str"]
    time.sleep(0.2)
    assert 1 == small.log[before:].count("VRAM Gate (node 3) lets pass: VAEDecode (node 4) needs ")


def test_what_cannot_be_checked_goes_through(small):
    shown = node("PreviewAny", source=["3", 0])
    prompt = {"3": node("VRAMForecastGate", value=["7", 0], when_short="stop"), "4": shown}
    prompt["7"] = node("StringConcatenate", string_a="a", string_b="b", delimiter="")
    entry = small.run(prompt, ["4"])
    assert ("success", ["ab"]) == (entry["status"]["status_str"], entry["outputs"]["4"]["text"])
