"""The guard in a real ComfyUI, over which a recording lays a card of 4 GiB."""

import json
import time

import pytest
from prompts import checkpoint, node

SETTING = "/settings/VRAMForecast.Guard"
PASS = "run-anyway"
PICTURE = node("EmptyImage", width=64, height=64, batch_size=1, color=0)


def too_much(name="sdxl/sd_xl_base_1.0.safetensors"):
    """SDXL far beyond the card."""
    return checkpoint(name, side=8192, batch=8)


def long():
    """A prompt that takes a minute, and ends between two nodes when it is interrupted."""
    links = range(2, 400)
    blurs = {str(at): node("ImageBlur", image=[str(at - 1), 0], blur_radius=31, sigma=9.0) for at in links}
    picture = node("EmptyImage", width=1024, height=1024, batch_size=1, color=int(time.time()) % 65536)
    return {"1": picture, **blurs, "500": node("PreviewImage", images=["399", 0])}


@pytest.fixture
def occupied(small):
    """The ComfyUI at work on something else, so that what is queued waits; it is taken back."""
    choose(small, "off")
    assert 200 == queue(small, long())[0]
    yield small
    small.ask("/queue", {"clear": True})
    small.ask("/interrupt", {})
    end = time.monotonic() + 60
    while small.ask("/queue")[1]["queue_running"] and time.monotonic() < end:
        time.sleep(0.1)


def choose(server, mode):
    assert 200 == server.ask(SETTING, json.dumps(mode).encode())[0]


def queue(server, prompt, path="/prompt", extra=None, **headers):
    """Queue a prompt; the status and the answer."""
    return server.ask(path, {"prompt": prompt, **(extra or {})}, **headers)


@pytest.mark.parametrize("path", ["/prompt", "/api/prompt"])
def test_block_stops_what_runs_out_of_memory_and_says_what_to_do(small, path):
    choose(small, "block")
    status, answer = queue(small, too_much(), path)
    assert (400, {}) == (status, answer["node_errors"])
    assert answer["error"]["message"].startswith("Runs out of memory in ")
    assert "run-anyway" in answer["error"]["message"]
    told = answer["error"]["extra_info"]
    assert ("oom", True) == (told["verdict"], bool(told["suggestions"]))
    assert told["suggestions"][0]["code"] in answer["error"]["message"]


@pytest.mark.parametrize("mode", ["warn", "off"])
def test_without_block_it_is_queued(occupied, mode):
    choose(occupied, mode)
    before = len(occupied.log)
    assert 200 == queue(occupied, too_much())[0]
    end = time.monotonic() + (20 if mode == "warn" else 1)
    line = "a prompt was queued that will not run. Runs out of memory in "
    while line not in occupied.log[before:] and time.monotonic() < end:
        time.sleep(0.1)
    assert (mode == "warn") == (line in occupied.log[before:])


def test_a_client_that_insists_is_queued(occupied):
    choose(occupied, "block")
    assert 400 == queue(occupied, too_much())[0]
    assert 200 == queue(occupied, too_much(), VRAM_Forecast=PASS)[0]
    assert 200 == queue(occupied, too_much(), extra={"extra_data": {"vram_forecast": PASS}})[0]


def test_a_prompt_that_is_not_known_is_queued(occupied):
    choose(occupied, "block")
    # Whether what fails is too large is known only when it runs: its latent goes through a text.
    sampler = node("StringLength", string=["51", 0])
    size = {"50": sampler, "51": node("PreviewAny", source=["1", 0])}
    prompt = {**too_much(), "4": node("EmptyLatentImage", width=["50", 0], height=8192, batch_size=8)}
    assert 200 == queue(occupied, {**prompt, **size})[0]


def test_a_prompt_that_runs_is_queued(small):
    choose(small, "block")
    shown = node("PreviewImage", images=["1", 0])
    assert "success" == small.run({"1": PICTURE, "2": shown}, ["2"])["status"]["status_str"]


def test_only_the_nodes_that_are_asked_for_count(small):
    choose(small, "block")
    prompt = {**too_much(), "30": PICTURE, "31": node("PreviewImage", images=["30", 0])}
    assert "success" == small.run(prompt, ["31"])["status"]["status_str"]
    assert 400 == queue(small, prompt)[0]


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"prompt": 3}', b"{}"])
def test_what_is_no_prompt_gets_comfyuis_own_answer(small, body):
    choose(small, "off")
    plain = small.ask("/prompt", body)
    choose(small, "block")
    assert plain == small.ask("/prompt", body)


def test_a_prompt_that_comfyui_refuses_gets_its_own_answer(small):
    choose(small, "block")
    status, answer = queue(small, too_much("gone.safetensors"))
    assert (400, True) == (status, "1" in answer["node_errors"])
