"""Recorded machines: each becomes the device, the host and the holders that its readings mean."""

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vram_forecast.estimator.errors import InputError
from vram_forecast.estimator.options import machine
from vram_forecast.estimator.runtime.cards import device_seen
from vram_forecast.estimator.runtime.machine import Holder
from vram_forecast.estimator.runtime.probe import Card, Process, recorded
from vram_forecast.estimator.units import GIB, MIB

MACHINES = sorted((Path(__file__).parent / "machines").glob("*.json"))
CONTEXT = 450 * MIB


def here(name, **options):
    return machine(asked=recorded(Path(__file__).parent / "machines" / f"{name}.json"), **options)


@pytest.mark.parametrize("path", MACHINES, ids=lambda path: path.stem)
def test_a_recording_says_how_it_was_made_and_after_what(path):
    said = json.loads(path.read_text(encoding="utf-8"))
    assert said["made"] and said["source"]


@pytest.mark.parametrize(
    ("name", "vendor", "total", "gfx", "unified", "rates"),
    [
        ("rtx-4090-windows", "nvidia", 24564 * MIB, "", False, True),
        ("rtx-3060-linux", "nvidia", 12288 * MIB, "", False, True),
        ("two-cards-linux", "nvidia", 24576 * MIB, "", False, True),
        ("rtx-4060-laptop-windows", "nvidia", 8188 * MIB, "", False, True),
        ("rx-7900-xtx-linux", "amd", 25753026560, "gfx1100", False, True),
        ("strix-halo-linux", "amd", 108 * GIB, "gfx1151", True, True),
        ("m2-max-macos", "apple", 22906503168, "", True, True),
        ("arc-b580-linux", "intel", 12216 * MIB, "", False, True),
    ],
)
def test_the_card_is_found_with_its_maker_its_size_and_its_rates(name, vendor, total, gfx, unified, rates):
    device = here(name).device
    assert (vendor, total, gfx, unified) == (device.vendor, device.total, device.gfx, device.unified)
    assert rates == bool(device.bandwidth_gbs) == bool(device.architecture)


def test_every_recorded_machine_is_judged_in_a_test_above():
    assert len(MACHINES) == 9  # and laptop-without-a-card in test_options


def test_total_and_free_are_two_things():
    device = here("rtx-3060-linux").device
    assert (12288 * MIB, 10496 * MIB - CONTEXT) == (device.total, device.free)
    assert 1792 * MIB + CONTEXT == device.taken.best


def test_programs_that_hold_memory_are_named_once_the_largest_first():
    holders = here("rtx-3060-linux").device.holders
    assert Holder("Chrome", 1229 * MIB) == holders[0]
    assert ["Chrome", "the desktop (Xorg)", "the desktop (gnome-shell)"] == [one.name for one in holders]


def test_what_a_running_comfyui_holds_is_free_for_its_next_prompt():
    running, other = Process(1, "ComfyUI", 9 * GIB), Process(2, "Chrome", GIB)
    card = Card("NVIDIA GeForce RTX 3060", "nvidia", 12 * GIB, 2 * GIB, processes=(running, other))
    assert 11 * GIB - CONTEXT == device_seen(card, (32 * GIB, 20 * GIB)).free
    second = msgspec.structs.replace(card, processes=(running, Process(3, "ComfyUI", GIB)))
    assert 2 * GIB - CONTEXT == device_seen(second, (32 * GIB, 20 * GIB)).free


def test_windows_names_programs_without_their_bytes():
    holders = here("rtx-4090-windows").device.holders
    assert Holder("Chrome", None) in holders
    assert {None} == {one.bytes for one in holders}


def test_not_known_is_not_none():
    assert None is here("strix-halo-linux").device.holders
    assert () == here("two-cards-linux").device.holders


def test_free_memory_that_no_driver_tells_is_assumed():
    taken = here("arc-b580-linux").device.taken
    assert ("assumed", True) == (taken.basis, taken.high > taken.low)


def test_memory_that_is_ram_is_free_only_where_ram_is():
    assert 17 * GIB - CONTEXT == here("m2-max-macos").device.free
    assert 88 * GIB - CONTEXT == here("strix-halo-linux").device.free


def test_the_link_that_was_negotiated_wins_over_the_cards_own():
    assert here("rtx-3060-linux").device.pcie_gbs == pytest.approx(0.985 * 16)  # a gen 4 card in a gen 3 slot
    assert here("two-cards-linux").device.pcie_gbs == pytest.approx(1.969 * 8)
    assert here("rx-7900-xtx-linux").device.pcie_gbs == pytest.approx(1.969 * 16)  # the row's


def test_another_card_of_the_machine_may_be_asked_for():
    assert "NVIDIA RTX A4000" == here("two-cards-linux", number=0).device.name
    assert "NVIDIA RTX A4000" == here("two-cards-linux", flags="--cuda-device 1").device.name


@pytest.mark.parametrize(
    "text",
    [
        '{"schema":1,"made":"m","source":[],"system":"linux","ram_total":-1,"ram_free":0}',
        "",
        "[]",
        "{",
        '{"schema": 2}',
        '{"schema": 1, "made": 1}',
        "\x00\xff",
        '{"schema":1,"cards":[[]]}',
        "[" * 9999,
    ],
)
def test_a_file_that_is_no_recording_is_one_line(text, tmp_path):
    (tmp_path / "m.json").write_text(text, encoding="latin-1")
    with pytest.raises(InputError, match="no recorded machine"):
        recorded(tmp_path / "m.json")


def test_a_recording_that_is_not_there_is_one_line(tmp_path):
    with pytest.raises(InputError, match=r"m\.json"):
        recorded(tmp_path / "m.json")


def test_a_chip_whose_driver_tells_no_size_has_the_computers_ram():
    """GB10: NVML knows its name, and refuses its memory."""
    card = Card("NVIDIA GB10", "nvidia", 0, compute_capability=12.1)
    device = device_seen(card, (119 * GIB, 90 * GIB))
    assert (119 * GIB, 90 * GIB - CONTEXT, True) == (device.total, device.free, device.unified)


amounts = st.integers(0, 1 << 45)
names = st.sampled_from(
    ["NVIDIA GeForce RTX 3060", "AMD Radeon 8060S Graphics", "Apple M2 Max", "Intel(R) Arc(TM) B580 Graphics",
     "AMD Radeon Graphics", "", "Voodoo 2", "NVIDIA GB10"]
)  # fmt: skip
lists = st.none() | st.lists(st.builds(Process, st.integers(0), st.text(), st.none() | amounts)).map(tuple)
anything = st.builds(
    Card,
    name=names | st.text(),
    vendor=st.sampled_from(["nvidia", "amd", "intel", "apple"]),
    total=amounts,
    free=st.none() | amounts,
    pcie_gen=st.none() | st.integers(0, 9),
    pcie_lanes=st.none() | st.integers(0, 64),
    unified=st.booleans(),
    processes=lists,
)


@given(anything, st.integers(1, 1 << 45), amounts)
def test_whatever_a_driver_says_the_device_is_sound(card, ram, available):
    device = device_seen(card, (ram, available))
    assert 0 <= device.free <= max(device.total, 0)
    assert (device.holders is None) == (card.processes is None)
    assert device.pcie_gbs is None or device.pcie_gbs > 0
    told = sum(one.bytes or 0 for one in card.processes or ())
    assert told == sum(one.bytes or 0 for one in device.holders or ())
