"""Rules about the machine: other programs, versions, swap."""

import pytest
from advising import case_of, comes_true, helping, offered
from msgspec.structs import replace
from prompts import checkpoint, flux, wan
from vram_forecast.estimator.advice import Case
from vram_forecast.estimator.advice.rules import close_programs, newer_versions, swap_file
from vram_forecast.estimator.runtime.machine import Holder
from vram_forecast.estimator.units import GIB, MIB


def holding(here, *holders):
    """The case where the driver names these programs on the card."""
    device = replace(here.machine.device, holders=tuple(Holder(*one) for one in holders))
    return Case(here.graph, replace(here.machine, device=device), here.library)


def crowded(**where):
    """A model that fits a card of 12 GiB, of which others hold 6."""
    return case_of(checkpoint(batch=4), **{"gpu": "rtx-3060-12gb", "free": 6} | where)


def test_programs_are_named_the_largest_first_with_what_they_hold():
    here = holding(crowded(), ("OBS", 1 * GIB), ("ComfyUI", 2 * GIB), ("Chrome", 4 * GIB))
    here = holding(here, ("Chrome", 4 * GIB), ("OBS", 1 * GIB), ("ComfyUI", 2 * GIB), ("Xorg", None))
    assert [one.title for one in close_programs.changes(here)] == [
        "Close Chrome: 4.0 GiB",
        "Close Chrome and OBS: 5.0 GiB",
    ]


def test_what_is_closed_is_free():
    here = holding(crowded(), ("Chrome", 4 * GIB))
    (one,) = close_programs.changes(here)
    before, after = here.machine.device, one.machine.device
    assert after.free - before.free == 4 * GIB
    assert before.taken.best - after.taken.best == 4 * GIB
    assert after.taken.low >= 300 * MIB  # the CUDA context stays


def test_closing_never_frees_more_than_others_hold():
    here = holding(crowded(), ("Chrome", 40 * GIB))
    (one,) = close_programs.changes(here)
    assert one.machine.device.free <= one.machine.device.total
    assert one.title == "Close Chrome: 6.0 GiB"


def test_programs_without_names_are_others():
    (one,) = close_programs.changes(crowded())
    assert one.title == "Close other programs that use the card: 6.0 GiB"


def test_programs_whose_sizes_windows_does_not_tell_are_named_together():
    here = holding(crowded(system="windows"), ("Chrome", None), ("the desktop (dwm)", None), ("OBS", None))
    (one,) = close_programs.changes(here)
    assert one.title == "Close other programs that use the card (Chrome, OBS): 6.0 GiB"
    (one,) = close_programs.changes(holding(here, *((f"program{at}", None) for at in range(9))))
    assert one.title.endswith(" (program0, program1, program2, program3, 5 more): 6.0 GiB")


def test_closing_really_helps_and_the_desktop_stays():
    here = holding(case_of(wan(), gpu="rtx-4060", free=3), ("Blender", 4 * GIB), ("the desktop (Xorg)", GIB))
    (one,) = helping(close_programs, here).values()
    assert (here.forecast.verdict, here.after(one).forecast.verdict) == ("oom", "streamed")
    assert comes_true(one, here)
    assert offered(close_programs, holding(crowded(), ("the desktop (Xorg)", 6 * GIB))) == {}


def test_what_others_hold_is_not_guessed():
    assert offered(close_programs, case_of(flux(), gpu="rtx-3060-12gb")) == {}
    assert offered(close_programs, case_of(flux(), gpu="apple-m2-max", free=8)) == {}


def test_a_legacy_comfyui_is_updated_where_dynamic_vram_helps():
    here = case_of(flux(), gpu="rtx-3060-12gb", ram=32, comfy="0.3.75")
    one = helping(newer_versions, here)["comfyui-0.33.0"]
    assert one.title == "Update ComfyUI to 0.33.0"
    assert one.machine.policy.dynamic_vram and one.machine.policy.torch == here.machine.policy.torch
    assert comes_true(one, here)


def test_an_old_torch_is_updated_or_both():
    here = case_of(flux(), gpu="rtx-3060-12gb", ram=32, comfy="0.18.1", torch="2.7.1+cu128")
    found = offered(newer_versions, here)
    assert list(found) == ["torch-2.8", "comfyui-0.33.0", "comfyui-0.33.0+torch-2.8"]
    assert [one.machine.policy.dynamic_vram for one in found.values()] == [True, False, True]
    assert "torch-2.8" in helping(newer_versions, here)


def test_an_amd_card_is_asked_for_dynamic_vram_by_its_flag():
    here = case_of(flux(), gpu="rx-7800-xt", ram=32)
    (one,) = offered(newer_versions, here).values()
    assert one.title == "Start ComfyUI with --enable-dynamic-vram"
    assert one.machine.policy.dynamic_vram


def test_wsl_is_updated_rather_than_forced():
    here = case_of(flux(), gpu="rtx-4070", ram=32, system="wsl", comfy="0.32.0")
    assert list(offered(newer_versions, here)) == ["comfyui-0.33.0"]


@pytest.mark.parametrize(
    "where",
    [
        {"gpu": "rtx-3060-12gb"},
        {"gpu": "apple-m2-max"},
        {"gpu": "rx-7800-xt", "flags": "--disable-dynamic-vram"},
    ],
)
def test_the_newest_comfyui_is_left_as_it_is(where):
    assert offered(newer_versions, case_of(flux(), **{"ram": 32} | where)) == {}


def test_swap_is_given_where_what_must_stay_finds_no_room():
    here = case_of(flux(), gpu="rtx-3060-12gb", ram=16, swap=0, comfy="0.3.75")
    assert here.forecast.verdict == "oom" and here.forecast.ram_short
    (one,) = helping(swap_file, here).values()
    gib = int(one.choice.removesuffix("GB"))
    assert one.title == f"Give Linux {gib} GiB of swap"
    assert one.machine.host.swap == gib * GIB >= here.forecast.ram_short
    assert here.after(one).forecast.verdict == "disk"


def test_wsl_is_given_ram_as_far_as_windows_has_it_and_else_swap():
    here = case_of(flux(), gpu="rtx-3060-12gb", ram=24, swap=0, system="wsl", comfy="0.32.0")
    ram, swap = offered(swap_file, here).values()
    assert ram.title.startswith("Give WSL 38 GiB of RAM (memory=38GB") and "48.0 GiB" in ram.effects[0]
    assert "swap=" in swap.title
    assert "wsl-38GB" in helping(swap_file, here)


@pytest.mark.parametrize("system", ["windows", "macos"])
def test_systems_that_make_their_swap_larger_are_left_alone(system):
    where = {"gpu": "apple-m1"} if system == "macos" else {"vram": 12, "system": system}
    assert offered(swap_file, case_of(flux(), **{"ram": 16, "comfy": "0.3.75"} | where)) == {}


def test_swap_that_most_systems_have_is_not_asked_for():
    here = case_of(flux(), gpu="rtx-3060-12gb", ram=34, comfy="0.3.75")
    assert here.machine.host.swap is None and here.forecast.tight
    assert offered(swap_file, here) == {}


def test_enough_ram_needs_no_swap():
    assert offered(swap_file, case_of(wan(), vram=12)) == {}


def test_another_machine_does_not_read_the_workflow_again():
    here = crowded()
    (one,) = close_programs.changes(here)
    assert here.after(one).workload is here.workload
