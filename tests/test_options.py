"""The machine that options describe, and what they leave to this machine's own."""

from pathlib import Path

import pytest
from vram_forecast.estimator.errors import InputError
from vram_forecast.estimator.options import finder, machine
from vram_forecast.estimator.runtime.probe import Here, recorded
from vram_forecast.estimator.units import GIB, MIB


@pytest.fixture(autouse=True)
def no_drivers_of_its_own(monkeypatch):
    """Whatever this machine has is not what these tests are about."""
    monkeypatch.setattr(Here, "cards", lambda self: ())


MACHINES = Path(__file__).parent / "runtime" / "machines"


def here(name):
    return recorded(MACHINES / f"{name}.json")


def test_this_machines_card_comes_with_its_free_memory_and_its_known_rates():
    device = machine(asked=here("rtx-3060-linux")).device
    assert (device.name, device.total) == ("NVIDIA GeForce RTX 3060", 12 * GIB)
    assert device.free == 10496 * MIB - 450 * MIB
    assert (device.tflops, device.compute_capability) == (25.5, 8.6)


def test_the_environment_may_name_a_recorded_machine(monkeypatch):
    monkeypatch.setenv("VRAM_FORECAST_MACHINE", str(MACHINES / "rtx-3060-linux.json"))
    found = machine()
    assert (found.device.name, found.host.ram_total) == ("NVIDIA GeForce RTX 3060", 31 * GIB)
    assert (found.host.swap, found.host.disk) == (8 * GIB, "ssd")


def test_a_machine_without_a_card_asks_for_one():
    with pytest.raises(InputError, match="no card was found") as caught:
        machine(ram=32)
    assert "--gpu" in str(caught.value)


def test_graphics_inside_a_processor_are_no_card_and_are_named():
    with pytest.raises(InputError, match=r"Iris Xe Graphics is in the processor.*--gpu"):
        machine(asked=here("laptop-without-a-card"))


def test_free_memory_that_is_given_wins_over_what_is_free_now():
    assert machine(free=8, asked=here("rtx-3060-linux")).device.free == 8 * GIB - 450 * MIB


def test_with_ram_given_it_is_another_computer():
    """What is known of this one's swap and disk says nothing about it."""
    host = machine(ram=64, asked=here("rtx-3060-linux")).host
    assert (host.ram_total, host.swap, host.disk) == (64 * GIB, None, "")
    host = machine(ram=64, swap=16, disk="hdd", asked=here("rtx-3060-linux")).host
    assert (host.swap, host.disk) == (16 * GIB, "hdd")


def test_a_chip_that_works_in_ram_is_as_large_as_the_ram_that_is_given():
    found = machine(gpu="m2-max", ram=32)
    assert found.device.total == pytest.approx(22906.50e6, rel=1e-3)
    assert (found.device.vendor, found.device.unified, found.host.os) == ("apple", True, "macos")
    assert machine(gpu="radeon-8060s", ram=128, system="linux").device.total == 64 * GIB
    with pytest.raises(InputError, match="--ram"):
        machine(gpu="m2-max")


@pytest.mark.parametrize(
    ("gpu", "vendor", "gfx"),
    [("rx-7900-xtx", "amd", "gfx1100"), ("rx-9070-xt", "amd", "gfx1201"), ("arc-b580", "intel", "")],
)
def test_a_named_card_of_another_maker_is_known_for_what_it_is(gpu, vendor, gfx):
    device = machine(gpu=gpu, ram=32, system="linux").device
    assert (device.vendor, device.gfx) == (vendor, gfx)
    assert device.architecture


@pytest.mark.parametrize(
    ("options", "where"),
    [({"disk": "floppy"}, "--disk"), ({"swap": -1}, "--swap"), ({"number": 1}, "--device")],
)
def test_what_cannot_be_is_refused_with_its_option(options, where):
    with pytest.raises(InputError, match=where):
        machine(**options, asked=here("rtx-3060-linux"))


def test_a_card_is_either_named_or_one_of_the_machines():
    with pytest.raises(InputError, match="Leave out --gpu"):
        machine(gpu="rtx-4090", number=0, asked=here("rtx-3060-linux"))


def test_a_named_card_needs_no_driver():
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


def test_folders_of_an_extra_model_paths_are_looked_in_and_listed(tmp_path):
    for path in ("models/vae/a.safetensors", "other/clips/b.safetensors"):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).touch()
    extra = tmp_path / "extra.yaml"
    extra.write_text("mine:\n  base_path: other\n  clip: clips\n")
    find = finder([tmp_path / "models"], extra)
    assert (find("text_encoders", "b.safetensors"), find("vae", "b.safetensors")) == (
        tmp_path / "other" / "clips" / "b.safetensors",
        None,
    )
    assert find.names("text_encoders") == ("b.safetensors",)
