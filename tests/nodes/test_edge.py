"""The edge between ComfyUI and the estimator, without a ComfyUI: what gets in, and how failure is said."""

import logging
import sys

import pytest
from at_host import SEEN, ask, forget, recorded
from vram_forecast import estimator
from vram_forecast.estimator.units import GIB
from vram_forecast.nodes import host
from vram_forecast.nodes.answers import refusal
from vram_forecast.nodes.answers.machine import machine

PROMPT = {"1": {"class_type": "EmptyLatentImage", "inputs": {"width": 64, "height": 64, "batch_size": 1}}}


@pytest.fixture(autouse=True)
def comfyui_on_a_card(monkeypatch, tmp_path):
    """A ComfyUI on a card, with no model on disk."""
    forget()
    comfyui = recorded(tmp_path / "models")
    monkeypatch.setattr(host, "host", lambda: comfyui)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"3", b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_workflow_is_refused_in_one_line(body):
    status, said = ask("check", body)
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
    monkeypatch.setitem(sys.modules, "vram_forecast.estimator", None)
    status, answer = ask("check", PROMPT)
    sentence = answer["error"]
    assert 500 == status
    assert f"{sys.executable} -m pip install -r {refusal.REQUIREMENTS}" in sentence
    assert refusal.REQUIREMENTS.is_file()


def test_a_defect_is_one_sentence_for_the_user_and_one_traceback_in_the_log(monkeypatch, caplog):
    def broken(*_, **__):
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(estimator, "check", broken)
    refusal.logged.clear()
    with caplog.at_level(logging.INFO, "vram_forecast"):
        answers = [ask("check", PROMPT) for _ in range(3)]
    assert [(500, {"error": "This could not be forecast; ComfyUI's log has the error."})] * 3 == answers
    assert 1 == caplog.text.count("ZeroDivisionError: a defect")
