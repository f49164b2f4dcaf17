"""The edge between ComfyUI and the estimator, without a ComfyUI: what gets in, and how failure is said."""

import json
import logging
import sys

import pytest
from vram_forecast import estimator
from vram_forecast.estimator.units import GIB
from vram_forecast.nodes import host
from vram_forecast.nodes.answers import forecast
from vram_forecast.nodes.answers.machine import machine
from vram_forecast.nodes.host.recorded import RecordedHost
from vram_forecast.nodes.serving import routes

PROMPT = {"1": {"class_type": "EmptyLatentImage", "inputs": {"width": 64, "height": 64, "batch_size": 1}}}
SEEN = host.Seen(
    device="NVIDIA GeForce RTX 3060",
    vendor="nvidia",
    vram_total=12 * GIB,
    vram_free=11 * GIB,
    compute_capability=8.6,
    os="linux",
    ram_total=32 * GIB,
    ram_free=20 * GIB,
    comfy="0.33.0",
    torch="2.14.1",
    flags=("--lowvram",),
    dynamic_vram=True,
)


@pytest.fixture
def seen(monkeypatch):
    """A ComfyUI on a card, with no model on disk."""
    recorded = RecordedHost({"seen": SEEN._asdict()})
    monkeypatch.setattr(host, "host", lambda: recorded)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"3", b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_workflow_is_refused_in_one_line(seen, body):
    status, answer = routes.answer(body)
    said = json.loads(answer)
    assert (400, ["error"], 1) == (status, list(said), len(said["error"].splitlines()))


def test_the_machine_is_what_the_host_sees():
    here = machine(SEEN)
    assert ("NVIDIA GeForce RTX 3060", 12 * GIB, 8.6) == (
        here.device.name,
        here.device.total,
        here.device.compute_capability,
    )
    assert ("linux", 32 * GIB, 20 * GIB) == (here.host.os, here.host.ram_total, here.host.ram_free)
    assert ("0.33.0", True, ("--lowvram",)) == (
        here.policy.comfy,
        here.policy.dynamic_vram,
        here.policy.flags,
    )


def test_what_is_held_on_the_card_is_measured_and_has_no_band():
    device = machine(SEEN).device
    assert (GIB, GIB, "measured") == (device.taken.low, device.taken.high, device.taken.basis)
    assert device.total == device.free + device.taken.best


def test_a_missing_requirement_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "vram_forecast.estimator.errors", None)
    status, answer = routes.answer(json.dumps(PROMPT).encode())
    sentence = json.loads(answer)["error"]
    assert 500 == status
    assert f"{sys.executable} -m pip install -r {forecast.REQUIREMENTS}" in sentence
    assert forecast.REQUIREMENTS.is_file()


def test_a_defect_is_one_sentence_for_the_user_and_a_traceback_in_the_log(seen, monkeypatch, caplog):
    def broken(*_, **__):
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(estimator, "check", broken)
    with caplog.at_level(logging.ERROR, "vram_forecast"):
        status, answer = routes.answer(json.dumps(PROMPT).encode())
    assert (500, "This prompt could not be forecast; ComfyUI's log has the error.") == (
        status,
        json.loads(answer)["error"],
    )
    assert "ZeroDivisionError: a defect" in caplog.text
