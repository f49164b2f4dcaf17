"""What `device` says of a machine, line by line."""

import json

import pytest
from vram_forecast.estimator.options import described
from vram_forecast.estimator.report import device as report
from vram_forecast.estimator.runtime.probe import Card, Process, Recorded, Recording

GIB = 1 << 30


def machine(*cards, **more):
    recording = Recording(1, "here", (), "linux", 32 * GIB, 20 * GIB, cards, **more)
    return described("--lowvram", None, "0.33.0", "2.9", [], Recorded(recording))


def card(processes=None):
    return Card("NVIDIA GeForce RTX 3060", "nvidia", 12 * GIB, 8 * GIB, processes=processes)


@pytest.mark.parametrize(
    ("processes", "says"),
    [
        (None, "held by: not known on this system"),
        ((), "held by: no program that the driver lists"),
        ((Process(1, "Chrome", 2 * GIB), Process(2, "Discord")), "held by: Chrome 2.0 GiB, Discord"),
        (tuple(Process(i, f"p{i}", GIB) for i in range(9)), "p4 1.0 GiB, p5 1.0 GiB and 3 more"),
        ((Process(1, "ComfyUI", 3 * GIB),), "3.0 GiB of it is the running ComfyUI's, which counts as free"),
    ],
)
def test_who_holds_memory_is_said_or_that_it_is_not_known(processes, says):
    assert says in report.render(machine(card(processes)))


def test_flags_and_manager_are_said():
    assert "ComfyUI 0.33.0 with --lowvram: dynamic VRAM" in report.render(machine(card()))


def test_what_is_not_known_is_said_to_be():
    said = report.render(machine(Card("Arc B580", "intel", 0), Card("UHD", "intel", 0, integrated=True)))
    assert "card 0  Arc B580, memory not known, free not known  <- the only one" in said
    assert "card 1  UHD, memory not known, free not known\n" in said
    assert "no swap; models' disk: kind not known" in said


def test_a_cards_free_memory_is_the_drivers_and_the_devices_what_comfyui_can_use():
    said = json.loads(report.encode(machine(card())))
    assert 8 * GIB == said["cards"][0]["free"]
    assert said["device"]["free"] < 8 * GIB
    assert None is said["device"]["holders"]
