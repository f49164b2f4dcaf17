"""Which cache of results a ComfyUI has, by its version, its flags and the machine's RAM."""

import pytest
from vram_forecast.estimator.options import machine
from vram_forecast.estimator.runtime.cache import result_cache
from vram_forecast.estimator.units import GIB, MIB
from vram_forecast.estimator.workflow.lifetime import Cache


def cache(comfy="0.33.0", flags="", ram=32):
    return result_cache(machine(gpu="rtx-4090", ram=ram, system="linux", comfy=comfy, flags=flags))


@pytest.mark.parametrize(
    ("comfy", "kind"),
    [("0.3.64", "classic"), ("0.3.75", "classic"), ("0.18.2", "classic"), ("0.33.0", "ram")],
)
def test_each_version_has_its_default(comfy, kind):
    assert kind == cache(comfy).kind


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("--cache-classic", Cache("classic")),
        ("--high-ram", Cache("classic")),
        ("--cache-none", Cache("none")),
        ("--cache-lru 12", Cache("lru", size=12)),
    ],
)
def test_a_flag_chooses_another(flags, expected):
    assert expected == cache(flags=flags)


def test_no_results_at_all_means_the_default_as_comfyui_has_it():
    assert "ram" == cache(flags="--cache-lru 0").kind
    assert "classic" == cache("0.3.75", "--cache-lru 0").kind


@pytest.mark.parametrize(("ram", "left"), [(8, 2.0), (32, 3.2), (64, 6.4), (256, 10.0)])
def test_a_tenth_of_all_ram_is_left_within_bounds(ram, left):
    assert (left, 512 * MIB) == (pytest.approx(cache(ram=ram).left / GIB), cache(ram=ram).large)


def test_the_flag_says_how_much_ram_is_left():
    assert 20 * GIB == cache(flags="--cache-ram 20").left
    assert 20 * GIB == cache("0.3.75", "--cache-ram 20").left
    assert 4 * GIB == cache("0.3.75", "--cache-ram").left


def test_a_version_that_has_not_the_flag_does_not_follow_it():
    assert "classic" == cache("0.3.64", "--cache-ram 20").kind
