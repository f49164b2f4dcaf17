"""The machine that options describe, and this machine's own card by NVML."""

import sys
from types import SimpleNamespace

import pytest
from vram_forecast.estimator.errors import InputError
from vram_forecast.estimator.options import finder, machine
from vram_forecast.estimator.units import GIB, MIB


class Refused(Exception):
    """What NVML raises without a driver."""


def nvml(**calls):
    """A stand-in for the `pynvml` module with one card of 12 GB, half of it free."""
    working = {
        "NVMLError": Refused,
        "nvmlInit": lambda: None,
        "nvmlDeviceGetHandleByIndex": lambda index: index,
        "nvmlDeviceGetName": lambda handle: "NVIDIA GeForce RTX 3060",
        "nvmlDeviceGetMemoryInfo": lambda handle: SimpleNamespace(total=12288 * MIB, free=6 * GIB),
    }
    return SimpleNamespace(**(working | calls))


def test_this_machines_card_comes_with_its_free_memory_and_its_known_rates(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", nvml())
    device = machine(ram=32).device
    assert (device.name, device.total) == ("NVIDIA GeForce RTX 3060", 12 * GIB)
    assert device.free == 6 * GIB - 450 * MIB
    assert (device.tflops, device.compute_capability) == (25.5, 8.6)


def test_old_drivers_give_names_as_bytes(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", nvml(nvmlDeviceGetName=lambda handle: b"Some Card"))
    device = machine(ram=32).device
    assert (device.name, device.tflops) == ("Some Card", None)


def refuse():
    raise Refused


@pytest.mark.parametrize("module", [nvml(nvmlInit=refuse), None], ids=["no driver", "no NVML"])
def test_a_machine_without_a_card_asks_for_one(monkeypatch, module):
    monkeypatch.setitem(sys.modules, "pynvml", module)
    with pytest.raises(InputError, match="no card was found"):
        machine(ram=32)


def test_a_named_card_needs_no_driver(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert machine(gpu="rtx-4090", ram=32).device.total == 24564 * MIB


def test_a_card_by_its_size_has_no_known_speed():
    device = machine(vram=10, ram=32).device
    assert (device.total, device.tflops) == (10 * GIB, None)


def test_flags_reach_the_policy_and_their_numbers_are_read():
    policy = machine(gpu="rtx-4090", ram=32, system="linux", flags="--reserve-vram 1.5 --fast").policy
    assert (policy.value("--reserve-vram"), policy.value("--fast"), policy.value("--novram")) == (
        1.5,
        None,
        None,
    )
    assert policy.has("--fast")


class TestInputs:
    @pytest.fixture
    def folders(self, tmp_path):
        """A ComfyUI's folders, a workflow elsewhere, and a file of the same name beside each."""
        for folder in ("comfy/models", "comfy/input", "comfy/output", "mine", "workflows"):
            (tmp_path / folder).mkdir(parents=True)
            (tmp_path / folder / "a.png").touch()
        (tmp_path / "workflows" / "b.png").touch()
        return tmp_path

    def test_they_are_beside_the_models(self, folders):
        find = finder([folders / "comfy/models"], None)
        assert folders / "comfy/input/a.png" == find("input", "a.png")
        assert folders / "comfy/output/a.png" == find("input", "a.png [output]")
        assert None is find("input", "b.png")

    def test_or_in_the_folders_that_are_named(self, folders):
        find = finder([folders / "comfy/models"], None, [folders / "mine"])
        assert folders / "mine/a.png" == find("input", "a.png")

    def test_or_where_the_workflow_lies(self, folders):
        find = finder([folders / "comfy/models"], None, (), folders / "workflows" / "w.json")
        assert folders / "comfy/input/a.png" == find("input", "a.png")
        assert folders / "workflows/b.png" == find("input", "b.png")

    def test_a_folder_that_is_not_there_is_refused(self, folders):
        with pytest.raises(InputError, match="no such folder"):
            finder([], None, [folders / "nowhere"])
