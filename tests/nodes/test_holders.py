"""Who holds memory on ComfyUI's card, as its driver tells; a driver that fails costs names alone."""

import os
import sys
import threading
import time
from types import SimpleNamespace

import machine_fakes as fakes
import pytest
from vram_forecast.estimator.runtime.probe import here
from vram_forecast.nodes.host import Holder, holders

MIB = 1 << 20
ME, BLENDER, STEAM = os.getpid(), 4_100_001, 4_100_002  # above what Linux numbers processes with
NAMES = {BLENDER: "/opt/blender", STEAM: "/usr/bin/steam"}


@pytest.fixture
def driver(monkeypatch):
    """Installs a stand-in for NVML with cards, and one for torch that says which of them it uses."""

    def install(*cards, uuid="aa", **calls):
        module = fakes.Nvml(list(cards), NAMES.items(), **calls)
        monkeypatch.setitem(sys.modules, "pynvml", module)
        properties = SimpleNamespace(uuid=uuid) if uuid else SimpleNamespace()
        cuda = SimpleNamespace(get_device_properties=lambda device: properties)
        monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))

    monkeypatch.setattr(here.nvidia_smi, "cards", lambda system: ())
    monkeypatch.setattr(here.Here, "system", lambda self: "linux")
    return install


def card(uuid, *computing, drawing=()):
    listed = {"compute": [fakes.using(*one) for one in computing]}
    listed["graphics"] = [fakes.using(*one) for one in drawing]
    return {"name": "GeForce RTX 3060", "uuid": f"GPU-{uuid}", "memory": fakes.memory(12288, 9000), **listed}


def read():
    return holders.read("cuda:0", "nvidia")


def test_other_programs_on_the_card_are_named_and_this_process_is_not(driver):
    driver(card("aa", (ME, 5000 * MIB), (BLENDER, 2048 * MIB), drawing=[(STEAM, 100 * MIB)]))
    assert (Holder("Blender", 2048 * MIB), Holder("Steam", 100 * MIB)) == read()


def test_of_two_cards_it_is_the_one_that_torch_uses(driver):
    cards = (card("aa", (ME, None), (STEAM, MIB)), card("bb", (ME, None), (BLENDER, None)))
    driver(*cards, uuid="bb")
    assert (Holder("Blender", None),) == read()
    driver(*cards, uuid="")  # an older torch
    assert read() is None
    driver(cards[0], uuid="")
    assert (Holder("Steam", MIB),) == read()


def test_a_card_that_the_driver_does_not_list_has_nobody_named(driver):
    driver(card("aa", (ME, None)), uuid="cc")  # a part of a card (MIG), or another driver's
    assert read() is None


def test_where_the_driver_numbers_processes_otherwise_no_stranger_is_named(driver):
    driver(card("aa", (1, 5000 * MIB), (2, 2048 * MIB)))
    assert read() is None


def test_nobody_else_on_the_card_is_known_to_be_nobody(driver):
    driver(card("aa", (ME, MIB)))
    assert () == read()


@pytest.fixture
def reading(monkeypatch):
    """A reading whose bounds are short, and which counts how often the driver is asked."""
    known = {"seconds": 0.0, "wait_seconds": 0.2, "failures": 3}
    monkeypatch.setattr(holders, "settings", lambda: known)
    found = holders.Reading()
    found.known, found.times = known, []

    def answer(how):
        def ask(*given):
            found.times.append(given)
            return how()

        monkeypatch.setattr(holders, "read", ask)

    found.answer = answer
    return found


def test_an_answer_is_kept_for_some_seconds(reading):
    reading.known["seconds"] = 60
    reading.answer(lambda: (Holder("Blender", MIB),))
    assert [(Holder("Blender", MIB),)] * 3 == [reading.now("cuda", "nvidia") for _ in range(3)]
    assert 1 == len(reading.times)


def test_a_driver_that_fails_is_none_and_is_asked_no_more_after_some_times(reading):
    def fails():
        raise fakes.Refused

    reading.answer(fails)
    assert [None] * 6 == [reading.now("cuda", "nvidia") for _ in range(6)]
    assert 3 == len(reading.times)


def test_a_driver_that_hangs_delays_one_question_by_a_moment_and_no_other(reading):
    reading.known["wait_seconds"] = 0.2
    done = threading.Event()
    reading.answer(lambda: done.wait(30) and (Holder("Blender", MIB),))
    try:
        began = time.monotonic()
        assert [None] * 50 == [reading.now("cuda", "nvidia") for _ in range(50)]
        assert 0.2 <= time.monotonic() - began < 2
        assert 1 == len(reading.times)
    finally:
        done.set()
    reading.asking.join(5)
    assert (Holder("Blender", MIB),) == reading.found


def test_a_missing_library_is_none(driver, monkeypatch):
    driver()
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert holders.Reading().now("cuda:0", "nvidia") is None


@pytest.mark.parametrize("vendor", ["cpu", "apple", "intel", "unknown"])
def test_devices_whose_drivers_tell_of_no_process_are_not_asked_about(monkeypatch, vendor):
    monkeypatch.setattr(holders.reading, "now", lambda *given: pytest.fail("was asked"))
    assert holders.holders("device", vendor) is None
