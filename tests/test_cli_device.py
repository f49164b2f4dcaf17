"""The command line on recorded machines."""

import json

import pytest
from at_command_line import refused
from prompts import checkpoint


@pytest.fixture
def on(cli, root):
    """Runs the command line on a recorded machine."""
    machines = root / "tests" / "runtime" / "machines"
    return lambda name, *arguments: cli(*arguments, VRAM_FORECAST_MACHINE=str(machines / f"{name}.json"))


def test_device_says_what_the_card_holds_and_for_whom(on):
    said = on("rtx-3060-linux", "device").stdout
    assert "NVIDIA GeForce RTX 3060, 12.0 GiB, 10.2 GiB free" in said
    assert "held by: Chrome 1.2 GiB, the desktop (Xorg) 312.0 MiB" in said
    assert "31.0 GiB RAM, 24.0 GiB free; 8.0 GiB swap; models' disk: ssd" in said
    assert "ComfyUI 0.33.0: dynamic VRAM" in said


def test_device_as_json(on):
    said = json.loads(on("two-cards-linux", "device", "--json", "--flags", "--cuda-device 1").stdout)
    assert "schema cards chosen device host policy" == " ".join(said)
    assert (0, "NVIDIA RTX A4000") == (said["chosen"]["number"], said["device"]["name"])
    assert 14900 << 20 == said["cards"][0]["free"]
    assert [{"name": "the desktop (Xorg)", "bytes": 900 << 20}] == said["device"]["holders"]
    assert {"comfy": "0.33.0", "dynamic_vram": True, "flags": ["--cuda-device", "1"]} == said["policy"]


def test_a_machine_without_a_card_is_told_of_too(on):
    done = on("laptop-without-a-card", "device")
    assert (0, "") == (done.returncode, done.stderr)
    assert "no card was found on this machine (Iris Xe Graphics is in the processor" in done.stdout
    assert None is json.loads(on("laptop-without-a-card", "device", "--json").stdout)["device"]


def test_a_check_is_for_this_machines_card_or_the_one_that_is_named(on, saved):
    def device(*options):
        done = on("two-cards-linux", "check", saved(checkpoint()), "--json", *options)
        return json.loads(done.stdout)["device"]["name"]

    assert "NVIDIA GeForce RTX 3090" == device()
    assert "NVIDIA RTX A4000" == device("--device", "0")
    assert "GeForce RTX 4090" == device("--gpu", "rtx-4090")


def test_a_recording_that_is_none_is_one_line(cli, saved):
    path = saved("{}", "machine.json")
    line = refused(cli("device", VRAM_FORECAST_MACHINE=str(path)))
    assert f"{path}: no recorded machine" in line
