"""ComfyUI's versions, flags and builds of torch, and what they decide before a model is known."""

import itertools

import pytest
from vram_forecast.estimator import facts
from vram_forecast.estimator.runtime import Device, Host, Machine, Policy
from vram_forecast.estimator.runtime.capabilities import capability, gfx, should_use_bf16
from vram_forecast.estimator.runtime.kinds import taken
from vram_forecast.estimator.runtime.patcher import Rule
from vram_forecast.estimator.runtime.policy import constants, cuda, newest, policy, rocm, streams, version
from vram_forecast.estimator.units import GIB, ZERO


def machine(flags=(), vendor="nvidia", comfy="0.33.0", system="linux", torch="2.9.1+cu128"):
    device = Device("card", vendor, 12 * GIB, 12 * GIB, ZERO, 8.9 if vendor == "nvidia" else None)
    return Machine(device, Host(system, 64 * GIB, 64 * GIB), Policy(comfy, False, flags, torch))


@pytest.mark.parametrize(
    ("comfy", "what", "value"),
    [
        ("0.1", "partial_load", "own-size"),
        ("0.3.75", "partial_load", "own-size"),
        ("0.3.76", "partial_load", "streams"),
        ("0.4.0", "partial_load", "neighbours"),
        ("0.11.1", "eviction", "stop-when-free"),
        ("0.12.0", "eviction", "each-while-short"),
        ("0.45.2", "eviction", "each-while-short"),
        ("0.3.68", "least_budget_mib", 128),
        ("0.3.64", "dynamic_headroom_flags", []),  # came later: as in its oldest row
    ],
)
def test_a_behaviour_is_that_of_its_newest_row_that_is_not_newer(comfy, what, value):
    assert constants(comfy)[what] == value


def test_each_behaviour_of_each_version_is_said_once_and_changes_something():
    rows = facts.table("managers/versions")["change"]
    places = [(row["what"], row["since"]) for row in rows]
    assert len(places) == len(set(places))
    for earlier, later in itertools.pairwise(rows):
        if earlier["what"] == later["what"]:
            assert version(earlier["since"]) < version(later["since"])
            assert earlier["value"] != later["value"]


def test_each_behaviour_is_asked_for(root):
    asked = "".join(path.read_text(encoding="utf-8") for path in (root / "estimator").rglob("*.py"))
    for what in {row["what"] for row in facts.table("managers/versions")["change"]}:
        assert f'"{what}"' in asked or what in Rule.__struct_fields__, what


def test_the_newest_version_that_is_known_has_rows_of_its_own():
    assert newest() in {row["since"] for row in facts.table("managers/versions")["change"]}


@pytest.mark.parametrize(
    ("comfy", "torch", "system", "vendor", "flags", "dynamic"),
    [
        ("0.33.0", "2.9", "linux", "nvidia", (), True),
        ("0.33.0", "2.7", "linux", "nvidia", (), False),
        ("0.33.0", "2.7", "linux", "nvidia", ("--enable-dynamic-vram",), True),
        ("0.33.0", "2.10.0+cu130", "linux", "nvidia", (), True),
        ("0.33.0", "2.9", "wsl", "nvidia", (), True),
        ("0.32.0", "2.9", "wsl", "nvidia", (), False),
        ("0.18.2", "2.9", "wsl", "nvidia", ("--enable-dynamic-vram",), True),
        ("0.18.2", "2.9", "windows", "nvidia", (), True),
        ("0.15.1", "2.9", "windows", "nvidia", (), False),
        ("0.15.1", "2.9", "windows", "nvidia", ("--fast", "dynamic_vram"), True),
        ("0.15.1", "2.9", "windows", "nvidia", ("--fast",), True),
        ("0.16.0", "2.9", "windows", "nvidia", ("--fast", "dynamic_vram", "--disable-dynamic-vram"), False),
        ("0.3.75", "2.9", "linux", "nvidia", ("--enable-dynamic-vram",), False),
        ("0.33.0", "2.9", "linux", "amd", (), False),
        ("0.33.0", "2.9", "linux", "amd", ("--enable-dynamic-vram",), True),
        ("0.34.0", "2.12.0+rocm7.14", "linux", "amd", (), True),
        ("0.34.0", "2.12.0+rocm7.2", "linux", "amd", (), False),
        ("0.34.0", "2.12.0", "linux", "amd", (), False),
        ("0.34.0", "2.9", "macos", "apple", ("--enable-dynamic-vram",), False),
        ("0.33.0", "2.9", "linux", "intel", (), False),
        ("0.33.0", "2.9", "linux", "nvidia", ("--highvram",), False),
        ("0.33.0", "2.9", "linux", "nvidia", ("--lowvram",), True),
        ("0.33.0", "2.9", "linux", "nvidia", ("--cpu",), False),
        ("0.33.0", "2.9", "linux", "nvidia", ("--cpu", "--enable-dynamic-vram"), False),
    ],
)
def test_dynamic_vram_is_on_where_comfyui_turns_it_on(comfy, torch, system, vendor, flags, dynamic):
    assert policy(comfy, torch, system, vendor, flags).dynamic_vram is dynamic


def test_torch_says_what_it_was_built_for():
    assert (cuda("2.9.1+cu130"), cuda("2.2.0+cu121"), cuda("2.9.1")) == ((13, 0), (12, 1), ())
    assert (rocm("2.8.0+rocm6.4"), rocm("2.12.0+rocm7.14")) == ((6, 4), (7, 14))
    assert version("2.9.1+cu130") == (2, 9, 1)
    assert rocm("2.9.1") == version(facts.table("capabilities")["assumed"]["rocm"])


@pytest.mark.parametrize(
    ("flags", "state", "backend"),
    [
        ((), "normal", "cuda"),
        (("--lowvram",), "low", "cuda"),
        (("--novram",), "no", "cuda"),
        (("--gpu-only",), "high", "cuda"),
        (("--cpu", "--highvram"), "disabled", "cpu"),
        (("--directml",), "normal", "directml"),
    ],
)
def test_flags_set_comfyuis_state_of_the_vram(flags, state, backend):
    here = machine(flags)
    assert (here.vram_state, here.backend) == (state, backend)


def test_directml_loads_in_part_only_where_it_is_told_to():
    assert machine().partial
    assert not machine(("--directml",)).partial
    assert machine(("--directml", "--lowvram")).partial
    assert not machine(("--highvram",)).partial
    assert not machine(vendor="apple").partial


def test_a_value_may_stand_after_a_flag_or_behind_its_sign():
    assert Policy("0.33.0", True, ("--reserve-vram", "1.5")).value("--reserve-vram") == 1.5
    assert Policy("0.33.0", True, ("--reserve-vram=2",)).value("--reserve-vram") == 2
    assert Policy("0.33.0", True, ("--reserve-vram", "--lowvram")).value("--reserve-vram") is None
    assert Policy("0.33.0", True, ("--reserve-vram", "1.5.2")).value("--reserve-vram") is None
    assert Policy("0.33.0", True, ("--fast", "a", "b", "--cpu")).words("--fast") == ("a", "b")
    assert Policy("0.33.0", True, ("--fast",)).fast("fp16_accumulation")
    assert not Policy("0.33.0", True, ("--fast", "autotune")).fast("fp16_accumulation")


def test_streams_come_with_the_version_the_card_and_the_flags():
    assert [streams(machine(comfy=one)) for one in ("0.3.75", "0.3.76", "0.33.0")] == [0, 2, 2]
    assert [streams(machine(vendor="amd", comfy=one)) for one in ("0.6.0", "0.7.0")] == [0, 2]
    assert streams(machine(vendor="intel")) == 0
    assert streams(machine(("--async-offload", "4"))) == 4
    assert streams(machine(("--async-offload",), vendor="intel")) == 2
    assert streams(machine(("--disable-async-offload",))) == 0


@pytest.mark.parametrize(
    ("named", "architecture", "expected"),
    [("gfx1102", "RDNA 3", "gfx1102"), ("", "RDNA 4", "gfx1201"), ("", "RDNA 9", "")],
)
def test_an_amd_card_calls_itself_as_the_first_of_its_kind_where_nothing_says_how(
    named, architecture, expected
):
    device = Device("Radeon", "amd", GIB, GIB, ZERO, architecture=architecture, gfx=named)
    assert gfx(device) == expected


def test_every_nvidia_card_that_is_known_has_a_capability():
    rows = [row for row in facts.table("gpus")["gpu"] if row["vendor"] == "nvidia"]
    for row in rows:
        if row.get("compute_capability") is None:
            card = Device(row["name"], "nvidia", GIB, GIB, ZERO, None, architecture=row["architecture"])
            assert capability(card) == 12.0  # announced: taken for the others of its architecture


def test_macs_compute_in_bf16():
    assert should_use_bf16(machine(vendor="apple", system="macos"))


@pytest.mark.parametrize(
    ("comfy", "ways", "legacy"),
    [
        ("0.12.0", ("torch_compile",), False),
        ("0.15.1", ("torch_compile",), True),
        ("0.15.1", ("hooks",), False),
        ("0.16.0", ("hooks",), True),
        ("0.33.0", ("hooks", "torch_compile"), True),
        ("0.33.0", (), False),
    ],
)
def test_what_takes_a_model_from_the_dynamic_manager_depends_on_the_version(comfy, ways, legacy):
    assert taken(ways, Policy(comfy, True)) == legacy
