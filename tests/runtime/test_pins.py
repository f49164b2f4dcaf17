"""What ComfyUI pins in RAM, by version, system and flag, and beside ComfyUI's own functions."""

import ast
import logging
import platform
import re
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from vram_forecast.estimator.options import machine
from vram_forecast.estimator.runtime.pins import Pins, pins
from vram_forecast.estimator.runtime.policy import version
from vram_forecast.estimator.units import GIB, MIB


def here(ram=32, comfy="0.33.0", flags="", system="linux", gpu="rtx-4090", swap=0):
    found = machine(gpu=gpu, ram=ram, system=system, comfy=comfy, flags=flags)
    return replace(found, host=replace(found.host, swap=swap))


def rule(**more):
    return pins(here(**more))


@pytest.mark.parametrize(
    ("comfy", "system", "share"),
    [
        ("0.3.67", "linux", 0.0),
        ("0.3.75", "linux", 0.95),
        ("0.18.1", "windows", 0.45),
        ("0.19.0", "linux", 0.90),
        ("0.30.0", "windows", 0.40),
    ],
)
def test_a_share_of_all_ram_may_be_pinned(comfy, system, share):
    assert pytest.approx(share * 64 * GIB, abs=1) == rule(ram=64, comfy=comfy, system=system).limit


@pytest.mark.parametrize(
    ("ram", "swap", "limit"),
    [(16, 0, 6.4), (32, 0, 16.0), (32, 8, 24.0), (32, 32, 28.0), (128, 0, 112.0), (128, 64, 115.2)],
)
def test_without_swap_linux_pins_less(ram, swap, limit):
    assert pytest.approx(limit * GIB, abs=1) == rule(ram=ram, swap=swap * GIB).limit


def test_a_flag_of_its_first_version_turns_pinning_on():
    assert Pins() == rule(comfy="0.3.68")
    assert 0 < rule(comfy="0.3.68", flags="--fast pinned_memory").limit


@pytest.mark.parametrize("more", [{"flags": "--disable-pinned-memory"}, {"gpu": "arc-a770"}])
def test_nothing_is_pinned_with_the_flag_or_on_another_vendors_card(more):
    assert Pins() == rule(**more)


def test_copies_leave_half_of_what_the_cache_leaves_and_two_gib_at_least():
    assert [2 * GIB, 5 * GIB] == [rule(ram=ram).spare for ram in (32, 128)]
    assert 2 * GIB == rule(ram=128, flags="--cache-classic").spare


def test_after_each_node_copies_give_way_to_the_cache_but_not_on_windows():
    assert [3.2, 3.2, 0, 0] == [
        pytest.approx(rule(**more).kept / GIB)
        for more in ({}, {"comfy": "0.23.0", "system": "windows"}, {"system": "windows"}, {"comfy": "0.18.1"})
    ]


def test_what_is_on_the_card_is_copied_too_since_0_30_and_not_with_a_fast_disk():
    assert [False, True, False] == [
        rule(**more).resident for more in ({"comfy": "0.29.0"}, {}, {"flags": "--fast-disk"})
    ]


def test_with_a_fast_disk_the_limit_is_the_budget():
    assert (found := rule(flags="--fast-disk")).copies == found.limit
    assert 0 == found.spare


def test_high_ram_copies_all():
    found = rule(flags="--high-ram")
    assert (found.forced, found.resident, found.kept, found.spare) == (True, True, 0, 0)


systems = st.sampled_from(["linux", "windows", "wsl"])
versions = st.sampled_from(["0.3.64", "0.3.75", "0.18.1", "0.19.0", "0.23.0", "0.28.0", "0.30.0", "0.33.0"])


@given(st.integers(1, 512), st.integers(0, 512), systems, versions)
def test_more_is_never_pinned_than_there_is_and_more_ram_never_means_less(ram, swap, system, comfy):
    small, large = (rule(ram=size, swap=swap * GIB, system=system, comfy=comfy) for size in (ram, ram + 8))
    assert 0 <= small.limit <= ram * GIB
    assert small.limit <= large.limit
    assert small.copies <= large.copies


class Own:
    """Parts of a ComfyUI's own comfy/model_management.py, run without the rest of it."""

    def __init__(self, comfyui):
        """Reads the file, and the version beside it."""
        text = (comfyui / "comfy" / "model_management.py").read_text(encoding="utf-8")
        self.body = ast.parse(text).body
        self.version = re.search(r'"(.*)"', (comfyui / "comfyui_version.py").read_text())[1]

    def run(self, nodes, names):
        """Run some of its statements; what they leave behind."""
        code = compile(ast.Module(list(nodes), []), "model_management.py", "exec")
        exec(code, names)
        return names

    def limit(self, ram, swap, windows):
        """`MAX_PINNED_MEMORY` of a pretended machine."""
        found = [one for one in self.body if isinstance(one, ast.If) and "MAX_PINNED" in ast.unparse(one)]
        if version(self.version) < version("0.3.68"):
            assert not found
            return 0
        assert 1 == len(found)
        names = {
            "args": SimpleNamespace(disable_pinned_memory=False),
            "is_nvidia": lambda: True,
            "is_amd": lambda: False,
            "get_total_memory": lambda device: ram,
            "get_disk_swap_total": lambda: swap,
            "torch": SimpleNamespace(device=str),
            "WINDOWS": windows,
            "logging": logging,
        }
        return self.run(found, names)["MAX_PINNED_MEMORY"]

    def functions(self, *wanted):
        """The definitions of some functions."""
        return [one for one in self.body if isinstance(one, ast.FunctionDef) and one.name in wanted]


@pytest.mark.parametrize("windows", [False, True])
@pytest.mark.parametrize("swap", [0, 2 * GIB, 40 * GIB])
@pytest.mark.parametrize("ram", [8, 16, 31, 64, 192])
def test_the_limit_is_comfyuis_own(comfyui, ram, swap, windows):
    own = Own(comfyui)
    ours = rule(ram=ram, swap=swap, system="windows" if windows else "linux", comfy=own.version)
    assert pytest.approx(own.limit(ram * GIB, swap, windows), abs=1) == ours.limit


@pytest.mark.parametrize("ram", [16, 32, 128])
@pytest.mark.parametrize("flags", ["", "--cache-classic", "--high-ram", "--fast-disk"])
def test_a_copy_is_made_while_comfyuis_own_budget_has_room_for_it(comfyui, ram, flags):
    own = Own(comfyui)
    budget = own.functions("ensure_pin_budget")
    found = rule(ram=ram, flags=flags, comfy=own.version)
    if not budget:  # before 0.23.0 the limit is all there is
        assert (found.spare, found.forced) == (0, False)
        assert found.copies == found.limit
        return
    kept = min(10.0, max(2.0, ram / 10)) * GIB if flags in ("", "--fast-disk") else 0
    given = SimpleNamespace(high_ram=flags == "--high-ram", fast_disk=flags == "--fast-disk")
    memory = SimpleNamespace(available=0)
    names = {
        "args": given,
        "comfy": SimpleNamespace(memory_management=SimpleNamespace(RAM_CACHE_HEADROOM=kept)),
        "psutil": SimpleNamespace(virtual_memory=lambda: memory),
        "free_pins": lambda size, **more: 0,
        "MAX_PINNED_MEMORY": found.limit,
        "TOTAL_PINNED_MEMORY": 0,
        "PIN_PRESSURE_HYSTERESIS": 256 * MIB,
    }
    own.run(budget, names)
    left = found.spare + MIB  # what is available when a copy of one MiB is asked for
    for available, room in ((left, True), (left - 1, found.forced or given.fast_disk)):
        memory.available = available
        assert room is bool(names["ensure_pin_budget"](MIB))
    memory.available, names["TOTAL_PINNED_MEMORY"] = left, found.copies
    assert bool(names["ensure_pin_budget"](MIB)) is not given.fast_disk


def test_this_python_tells_windows_as_comfyui_does():
    assert any(platform.win32_ver()) == (platform.system() == "Windows")
