"""The guard before ComfyUI's queue: what it stops, what it says, and that nothing in it can fail a prompt."""

import asyncio
import json
import logging
import time

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from prompts import checkpoint
from small_card import SEEN
from vram_forecast.estimator.units import GIB
from vram_forecast.nodes import host
from vram_forecast.nodes.host.recorded import RecordedHost
from vram_forecast.nodes.serving import guard, judging

OUTPUTS = ("SaveImage", "PreviewImage")
TOO_MUCH = checkpoint(side=8192, batch=8)
RUNS = checkpoint(side=512)


class Comfy:
    """A server with the guard in it: what reached ComfyUI's handler, byte for byte."""

    def __init__(self, told):
        self.host, self.bodies, self.guard = RecordedHost(told), [], guard.Guard()

    async def handle(self, request):
        await request.json()
        self.bodies.append(await request.read())
        return web.json_response({"prompt_id": "1", "number": 0, "node_errors": {}})

    async def talk(self, say):
        app = web.Application()
        app.router.add_post("/prompt", self.handle)
        app.router.add_post("/api/prompt", self.handle)
        app.middlewares.append(self.guard.middleware())
        async with TestClient(TestServer(app)) as client:
            answer = await say(client)
            while self.guard.background:
                await asyncio.sleep(0.01)
            return answer

    def post(self, body, path="/prompt", **headers):
        """One POST: its status, and what is decoded of the answer."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}

        async def say(client):
            async with client.post(path, data=data, headers=named) as response:
                text = await response.text()
                return response.status, json.loads(text) if text.startswith("{") else text

        return asyncio.run(self.talk(say))


@pytest.fixture
def told(tmp_path, sparse_model):
    """A recording: a card of 4 GiB, SDXL on disk, a blocking guard."""
    sparse_model("sd_xl_base_1.0", tmp_path / "checkpoints" / "sd_xl_base_1.0.safetensors")
    return {
        "seen": dict(SEEN),
        "models": [str(tmp_path)],
        "settings": {guard.SETTING: "block"},
        "object_info": {name: {"input": {}, "output": [], "output_node": True} for name in OUTPUTS},
    }


@pytest.fixture
def comfy(told, monkeypatch):
    monkeypatch.delenv(guard.VARIABLE, raising=False)
    made = Comfy(told)
    monkeypatch.setattr(host, "host", lambda: made.host)
    return made


@pytest.mark.parametrize("path", ["/prompt", "/api/prompt"])
def test_a_prompt_that_is_certain_to_run_out_of_memory_is_stopped(comfy, path):
    status, answer = comfy.post({"prompt": TOO_MUCH}, path)
    assert (400, {}, []) == (status, answer["node_errors"], comfy.bodies)
    assert ["details", "extra_info", "message", "type"] == sorted(answer["error"])


def test_the_message_says_what_happens_where_what_helps_and_how_to_run_it_anyway(comfy):
    _, answer = comfy.post({"prompt": TOO_MUCH})
    message, told = answer["error"]["message"], answer["error"]["extra_info"]
    node = told["node"]
    assert message.startswith("Runs out of memory in ")
    assert f"{node['class_type']} (node {node['node']})" in message
    assert told["suggestions"][0]["code"] in message
    assert told["suggestions"][0]["title"] in message
    assert "`VRAM-Forecast: run-anyway`" in message
    assert 1 == len(message.splitlines())


def test_a_client_gets_what_it_needs_to_change_the_prompt(comfy):
    _, answer = comfy.post({"prompt": TOO_MUCH})
    told = answer["error"]["extra_info"]
    assert "oom" == told["verdict"]
    assert told["needs"]["low"] > told["device"]["total"] == 4 * GIB
    assert told["device"]["holders"] is None
    assert {"code", "title", "verdict_after", "edits"} == set(told["suggestions"][0])
    for edit in told["suggestions"][0]["edits"]:
        assert edit["op"] in ("set", "replace", "insert", "remove")


def test_a_refusal_names_the_programs_that_hold_the_card(comfy):
    held = [{"name": "Blender", "bytes": GIB // 2}]
    comfy.host.told["seen"] |= {"holders": held}
    _, answer = comfy.post({"prompt": TOO_MUCH})
    assert "are used before it starts (Blender 0.5 GiB)" in answer["error"]["message"]
    assert held == answer["error"]["extra_info"]["device"]["holders"]


def test_a_prompt_that_runs_goes_on_as_it_came(comfy):
    body = b'{ "prompt" :' + json.dumps(RUNS).encode() + b', "x": "\xc3\xa4" }\n'
    assert 200 == comfy.post(body)[0]
    assert [body] == comfy.bodies


def test_a_client_that_insists_is_let_through(comfy):
    assert 200 == comfy.post({"prompt": TOO_MUCH}, VRAM_Forecast="run-anyway")[0]
    assert 200 == comfy.post({"prompt": TOO_MUCH, "extra_data": {"vram_forecast": "run-anyway"}})[0]
    assert 400 == comfy.post({"prompt": TOO_MUCH}, VRAM_Forecast="please")[0]


@pytest.mark.parametrize("mode", ["off", "warn", None, "BLOCK!", 3])
def test_without_block_nothing_is_stopped(comfy, mode):
    comfy.host.told["settings"] = {guard.SETTING: mode}
    assert 200 == comfy.post({"prompt": TOO_MUCH})[0]


def test_a_warning_is_one_line_in_the_log(comfy, caplog):
    comfy.host.told["settings"] = {}
    with caplog.at_level(logging.INFO, "vram_forecast"):
        assert 200 == comfy.post({"prompt": TOO_MUCH})[0]
        assert 200 == comfy.post({"prompt": RUNS})[0]
    (line,) = caplog.messages
    assert "a prompt was queued that will not run. Runs out of memory in " in line
    assert 1 == len(line.splitlines())


def test_off_forecasts_nothing(comfy, caplog, monkeypatch):
    comfy.host.told["settings"] = {guard.SETTING: "off"}
    monkeypatch.setattr(judging, "asked", lambda text: pytest.fail("it forecasts"))
    comfy.post({"prompt": TOO_MUCH})
    assert [] == caplog.messages


def test_a_warning_never_delays_a_prompt(comfy, monkeypatch):
    comfy.host.told["settings"] = {}
    monkeypatch.setattr(judging, "failing", lambda one: time.sleep(1))

    async def say(client):
        began = time.monotonic()
        async with client.post("/prompt", json={"prompt": TOO_MUCH}) as response:
            return response.status, time.monotonic() - began

    status, seconds = asyncio.run(comfy.talk(say))
    assert (200, True) == (status, seconds < 0.8)


def test_the_environment_wins_over_the_setting(comfy, monkeypatch):
    monkeypatch.setenv(guard.VARIABLE, "off")
    assert 200 == comfy.post({"prompt": TOO_MUCH})[0]
    comfy.host.told["settings"] = {guard.SETTING: "off"}
    monkeypatch.setenv(guard.VARIABLE, "block")
    assert 400 == comfy.post({"prompt": TOO_MUCH})[0]
    monkeypatch.setenv(guard.VARIABLE, "perhaps")
    assert 200 == comfy.post({"prompt": TOO_MUCH})[0]


def test_the_setting_is_that_of_the_requests_user_and_may_change(comfy, monkeypatch):
    chosen = {"ann": {guard.SETTING: "block"}, "ben": {guard.SETTING: "off"}}
    monkeypatch.setattr(comfy.host, "settings", lambda request: chosen[request.headers["comfy-user"]])
    assert 400 == comfy.post({"prompt": TOO_MUCH}, comfy_user="ann")[0]
    assert 200 == comfy.post({"prompt": TOO_MUCH}, comfy_user="ben")[0]
    chosen["ann"] = {guard.SETTING: "off"}
    assert 200 == comfy.post({"prompt": TOO_MUCH}, comfy_user="ann")[0]


def with_unknown(place):
    """The prompt that does not fit, with a node that nobody knows before or beside what fails."""
    odd = {"class_type": "NobodyKnowsThis", "inputs": {"samples": ["4", 0], "model": ["1", 0]}}
    if place == "before":
        sampler = TOO_MUCH["8"]["inputs"] | {"latent_image": ["77", 0]}
        return {**TOO_MUCH, "77": odd, "8": {**TOO_MUCH["8"], "inputs": sampler}}
    return {**TOO_MUCH, "77": odd}


def test_what_rests_on_an_unknown_node_is_never_stopped(comfy):
    assert 200 == comfy.post({"prompt": with_unknown("before")})[0]


def test_an_unknown_node_beside_what_fails_changes_nothing(comfy):
    assert 400 == comfy.post({"prompt": with_unknown("beside")})[0]


def test_a_prompt_whose_model_is_missing_is_never_stopped(comfy):
    missing = {
        **TOO_MUCH,
        "1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "gone.safetensors"}},
    }
    assert 200 == comfy.post({"prompt": missing})[0]


def test_only_what_comfyui_will_run_counts(comfy):
    small = {"class_type": "PreviewImage", "inputs": {"images": ["21", 0]}}
    empty = {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 0}}
    prompt = {**TOO_MUCH, "20": small, "21": empty}
    assert 400 == comfy.post({"prompt": prompt})[0]
    assert 400 == comfy.post({"prompt": prompt, "partial_execution_targets": ["10"]})[0]
    assert 200 == comfy.post({"prompt": prompt, "partial_execution_targets": ["20"]})[0]
    assert 200 == comfy.post({"prompt": prompt, "partial_execution_targets": ["9"]})[0]


def test_memory_that_a_running_prompt_holds_stops_no_other(comfy):
    tight = checkpoint(side=1024)
    comfy.host.told["seen"]["vram_free"] = GIB // 8
    assert 400 == comfy.post({"prompt": tight})[0]
    comfy.host.told["busy"] = True
    assert 200 == comfy.post({"prompt": tight})[0]
    assert 400 == comfy.post({"prompt": TOO_MUCH})[0]


def broken(*_, **__):
    raise ZeroDivisionError("a defect")


@pytest.mark.parametrize("name", ["asked", "failing", "fixes", "refusal", "settings"])
def test_a_defect_lets_the_prompt_through_and_is_logged_once(comfy, caplog, monkeypatch, name):
    monkeypatch.setattr(judging, name, broken)
    with caplog.at_level(logging.WARNING, "vram_forecast"):
        statuses = [comfy.post({"prompt": TOO_MUCH})[0] for _ in range(2)]
    # Without what would help, it is stopped all the same.
    assert [400 if name == "fixes" else 200] * 2 == statuses
    assert 1 == sum("a defect" in line for line in caplog.messages)


def test_a_defect_in_reading_the_setting_lets_the_prompt_through(comfy, monkeypatch):
    monkeypatch.setattr(comfy.host, "settings", broken)
    assert 200 == comfy.post({"prompt": TOO_MUCH})[0]


def test_a_slow_forecast_lets_the_prompt_through(comfy, caplog, monkeypatch):
    monkeypatch.setattr(judging, "settings", lambda: {**REAL(), "seconds": 0.05})
    monkeypatch.setattr(judging, "failing", lambda one: time.sleep(0.5))
    assert 200 == comfy.post({"prompt": TOO_MUCH})[0]
    assert "too long" in caplog.text


REAL = judging.settings


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"3", b"\xff\xfe", b"[" * 100_000, b'{"prompt": 3}', b'{"prompt": {"1": 3}}'],
)
def test_a_body_that_is_no_prompt_is_comfyuis_to_refuse(comfy, body):
    plain = Comfy(comfy.host.told)
    plain.guard.mode = lambda request: "off"
    assert plain.post(body) == comfy.post(body)
    assert plain.bodies == comfy.bodies


def test_two_prompts_at_once_each_get_their_own_answer(comfy):
    async def say(client):
        async def one(prompt):
            async with client.post("/prompt", json={"prompt": prompt}) as response:
                return response.status

        return await asyncio.gather(*map(one, [TOO_MUCH, RUNS] * 4))

    assert [400, 200] * 4 == asyncio.run(comfy.talk(say))


def test_other_requests_are_not_looked_at(comfy, monkeypatch):
    monkeypatch.setattr(comfy.guard, "mode", lambda request: pytest.fail("it looks"))
    assert 404 == comfy.post(b"{}", "/upload")[0]
