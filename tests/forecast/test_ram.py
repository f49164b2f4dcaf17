"""System memory over a prompt: what stays, what gives way, what is read again, and how that ends."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from in_ram import Runs, here, workload
from msgspec.structs import replace
from prompts import checkpoint, flux, nowhere, wan
from vram_forecast.estimator import check, render
from vram_forecast.estimator.forecast import VERDICTS, run
from vram_forecast.estimator.forecast.files import read
from vram_forecast.estimator.forecast.ram import idle, touched
from vram_forecast.estimator.formats import Tensor, TensorTable
from vram_forecast.estimator.models import identify
from vram_forecast.estimator.report.words import sentence
from vram_forecast.estimator.runtime.disk import disk_seconds
from vram_forecast.estimator.units import GIB, MIB

FLUX, T5 = 23_802_816_640, 9_787_841_024  # bytes of FLUX.1 dev and T5-XXL in 16 bits


def experts(width=1280, height=720, length=81):
    """Wan 2.2 14B's two experts in 16 bits."""
    prompt = wan(width, height, length)
    for key, noise in (("1", "high"), ("11", "low")):
        prompt[key]["inputs"]["unet_name"] = f"wan2.2_t2v_{noise}_noise_14B_fp16.safetensors"
    return prompt


def forecast(prompt, **more):
    return run(workload(prompt), here(**more))


# What users meet


def test_two_experts_in_16_bits_are_read_from_disk_in_each_run_with_32_gib_of_ram_and_not_with_64():
    small, large = (forecast(experts(), ram=ram) for ram in (32, 64))
    assert ("disk", "streamed") == (small.verdict, large.verdict)
    assert 25 * GIB < small.disk_bytes < 35 * GIB
    assert 0 == large.disk_bytes
    assert "read from disk again in every run" in sentence(small)
    assert "KSamplerAdvanced" == small.where.class_type


def test_the_legacy_manager_is_killed_where_ram_holds_neither_flux_nor_t5_beside_it():
    found = forecast(flux(), ram=16, comfy="0.3.75")
    assert ("oom", "load", "UNETLoader") == (found.verdict, found.where.kind, found.where.class_type)
    assert found.ram_kept.best == pytest.approx(FLUX + T5 + idle(here()), rel=0.01)
    assert sentence(found).startswith("Runs out of system memory in UNETLoader (node 1): needs 35.9 GiB")


def test_dynamic_vram_runs_the_same_on_that_machine_from_disk():
    assert "disk" == forecast(flux(), ram=16, gpu="rtx-3060-12gb").verdict


@pytest.mark.parametrize(
    ("swap", "system", "expected"),
    [
        (None, "linux", ("disk", True)),
        (0, "linux", ("oom", False)),
        (4, "linux", ("disk", True)),
        (32, "linux", ("disk", False)),
        (None, "windows", ("disk", True)),
    ],
)
def test_what_ram_does_not_hold_goes_to_swap_if_there_is_any(swap, system, expected):
    found = forecast(flux(), ram=32, comfy="0.3.75", swap=swap, system=system)
    assert expected == (found.verdict, found.tight)
    assert 3 * GIB < found.swapped < 7 * GIB


@pytest.mark.parametrize(("swap", "tight"), [(None, True), (4, True), (32, False)])
def test_windows_adds_to_its_page_file_and_so_is_not_said_to_kill(swap, tight):
    found = forecast(flux(), ram=16, comfy="0.3.75", system="windows", swap=swap)
    assert ("disk", tight) == (found.verdict, found.tight)


def test_a_small_model_on_a_small_machine_is_neither():
    for comfy in ("0.3.75", "0.33.0"):
        found = forecast(checkpoint(), gpu="rtx-3060-12gb", ram=16, comfy=comfy)
        assert ("resident", False, 0) == (found.verdict, found.tight, found.disk_bytes)


# What stays


def test_the_legacy_manager_keeps_in_ram_what_is_off_the_card():
    runs = Runs(flux(), comfy="0.3.75")
    (loaded,) = runs.at("1")
    assert loaded == pytest.approx(FLUX, rel=0.01)
    evicted, sampled = runs.at("8")  # T5 has left the card, and then FLUX has come to it
    assert evicted == pytest.approx(FLUX + T5, rel=0.01)
    resident = next(one.said.resident for one in runs.placed if one.step.kind == "sample")
    assert evicted - sampled == resident


def test_dynamic_vram_keeps_no_weights():
    assert {0} == {one.weights for one in Runs(flux()).first.moments}


def test_where_the_card_works_in_ram_everything_is_there():
    runs = Runs(flux(), gpu="m4-max", ram=64, system="macos")
    sampled = next(one.said for one in runs.placed if one.step.kind == "sample")
    (at,) = (one for one, placed in zip(runs.first.steps, runs.placed, strict=True) if placed.said == sampled)
    beside = sampled.activations.best + sampled.workspace.best
    assert at.weights == pytest.approx(FLUX + T5 + beside, rel=0.02)


def test_what_runs_on_the_processor_stays():
    prompt = flux()
    prompt["2"]["inputs"]["device"] = "cpu"
    runs = Runs(prompt)
    assert runs.first.peak.weights == pytest.approx(T5, rel=0.03)


def lora_on(work):
    """A workload whose sampling has a LoRA on two layers of FLUX."""
    name = "lora_unet_single_blocks_{}_linear1"
    sides = {".lora_down.weight": (16, 3072), ".lora_up.weight": (21504, 16)}
    names = {name.format(block) + end: shape for block in (0, 1) for end, shape in sides.items()}
    tensors = {name: Tensor(name, "F16", shape) for name, shape in names.items()}
    (part,) = identify(TensorTable("two-layers", "safetensors", 0, 0, {}, tensors)).components
    on = replace(next(iter(work.loaded.values())), key="x", role="lora", component=part)
    steps = tuple(replace(one, loras=("x",)) if one.kind == "sample" else one for one in work.steps)
    return replace(work, loaded=work.loaded | {"x": on}, steps=steps, graph=None, order=())


def test_the_originals_of_what_a_lora_changes_stay_in_ram_under_the_legacy_manager_alone():
    bare = lambda work: replace(work, graph=None, order=())  # noqa: E731
    for comfy, kept in (("0.3.75", True), ("0.33.0", False)):
        plain, lora = (Runs(flux(), change, comfy=comfy) for change in (bare, lora_on))
        two_layers = 2 * (21504 * 3072) * 2
        more = [a.weights - b.weights for a, b in zip(lora.first.steps, plain.first.steps, strict=True)]
        assert (two_layers if kept else 0) == more[1]


def pickled(work):
    """A workload of which the diffusion model is a pickled file."""
    loaded = {
        key: replace(one, component=replace(one.component, format="pickle"))
        if one.role == "diffusion_model"
        else one
        for key, one in work.loaded.items()
    }
    assert any(one.component.format == "pickle" for one in loaded.values())
    return replace(work, loaded=loaded)


def test_a_pickled_file_is_no_pages_of_a_file():
    assert Runs(flux(), pickled).at("1")[0] == pytest.approx(FLUX, rel=0.01)
    assert Runs(flux(), pickled, comfy="0.3.75").at("1")[0] == pytest.approx(2 * FLUX, rel=0.01)


def test_the_frames_of_a_video_stay():
    few, many = (Runs(wan(length=length)).first.peak.results for length in (33, 81))
    assert (81 - 33) * 832 * 480 * 3 * 4 == pytest.approx(many - few, rel=0.05)


def test_high_ram_keeps_a_copy_of_all_that_a_run_touches():
    runs = Runs(experts(), flags="--high-ram", ram=128)
    assert runs.first.peak.weights == sum(touched(runs.placed, runs.ram.files).values()) > 50 * GIB
    found = run(runs.work, runs.machine)
    assert found.ram_peak.best == found.ram_kept.best  # nothing counts twice


# What is read again


def test_the_next_run_does_not_touch_the_text_encoder():
    runs = Runs(experts())
    kinds = [
        {runs.work.loaded[key].role for key in touched(placed, runs.ram.files)}
        for placed in (runs.placed, runs.repeated)
    ]
    assert kinds[0] - kinds[1] == {"text_encoder"}


def test_without_pins_a_page_cache_that_is_too_small_is_of_no_use():
    """What streams in every pass is dropped before it is wanted again."""
    pinned, bare = (
        forecast(flux(), gpu="rtx-3060-12gb", ram=16, flags=flags)
        for flags in ("", "--disable-pinned-memory")
    )
    step = next(one for one in bare.steps if one.kind == "sample")
    assert bare.disk_bytes >= step.streamed * step.passes * 0.99
    assert pinned.disk_bytes < bare.disk_bytes / 4


def test_versions_before_0_30_pin_only_what_streams():
    old, new = (forecast(experts(), ram=48, comfy=comfy).disk_bytes for comfy in ("0.29.0", "0.33.0"))
    assert old > 1.5 * new


def test_cold_files_are_all_that_the_first_run_touches():
    for comfy in ("0.3.75", "0.33.0"):
        found = forecast(flux(), ram=64, comfy=comfy)
        assert found.cold_bytes == pytest.approx(FLUX + T5 + 250 * MIB, rel=0.02)


def test_a_slower_disk_takes_longer():
    found = [forecast(experts(), disk=disk).seconds_again.best for disk in ("nvme", "ssd", "hdd")]
    assert sorted(found) == found
    assert found[2] > found[0] + 100
    nvme, unknown = (disk_seconds(10**10, here(disk=disk).host) for disk in ("nvme", ""))
    assert unknown.low <= nvme.low < nvme.high <= unknown.high


# What holds of all

PROMPTS = st.sampled_from([flux(), experts(640, 640, 33), wan(), checkpoint(batch=4)])
COMFY = st.sampled_from(["0.3.64", "0.3.75", "0.18.1", "0.29.0", "0.33.0"])
SYSTEMS = st.sampled_from(["linux", "windows", "wsl"])
FLAGS = st.sampled_from(["", "--high-ram", "--fast-disk", "--disable-pinned-memory", "--cache-classic"])
GPUS = st.sampled_from(["rtx-3060-12gb", "rtx-4060-ti-16gb", "rtx-4090"])


@settings(max_examples=80, deadline=None)
@given(PROMPTS, st.integers(4, 96), COMFY, SYSTEMS, FLAGS, GPUS)
def test_what_a_step_moves_adds_up_and_is_pinned_within_the_limit(prompt, ram, comfy, system, flags, gpu):
    runs = Runs(prompt, ram=ram, comfy=comfy, system=system, flags=flags, gpu=gpu)
    for placed, at, moves in runs.moves():
        for moved, wanted in (
            (moves.streamed, sum(one.streamed for one in placed.placements)),
            (moves.uploaded, sum(one.uploaded for one in placed.placements)),
        ):
            parts = (moved.pinned, moved.pageable, moved.disk)
            assert min(parts) >= 0
            assert sum(parts) >= 0.999 * wanted - MIB
        assert sum(one.streamed for one in placed.placements) == pytest.approx(
            moves.streamed.pinned + moves.streamed.pageable + moves.streamed.disk, rel=0.05
        )
        assert moves.streamed.pinned <= 2 * runs.files.pins.limit
        assert at.total == at.programs + at.results + at.weights


@settings(max_examples=80, deadline=None)
@given(PROMPTS, st.integers(4, 96), COMFY, SYSTEMS, FLAGS, GPUS)
def test_what_stays_is_never_more_than_all_there_is(prompt, ram, comfy, system, flags, gpu):
    runs = Runs(prompt, ram=ram, comfy=comfy, system=system, flags=flags, gpu=gpu)
    weights = sum(max(one.bytes, one.file_bytes) for one in runs.ram.held.values())
    for one in (*runs.first.moments, *runs.again.moments):
        assert 0 <= one.weights <= weights
        assert 0 <= one.results <= runs.results.peak
    assert runs.first.peak.total >= max(one.total for one in runs.first.steps)
    found = run(runs.work, runs.machine)
    assert found.ram_kept.low <= found.ram_kept.best <= found.ram_peak.best


@settings(max_examples=80, deadline=None)
@given(PROMPTS, st.integers(4, 96), st.integers(1, 64), COMFY, SYSTEMS, FLAGS, GPUS)
def test_more_ram_reads_no_more_from_disk_and_ends_no_worse(prompt, ram, more, comfy, system, flags, gpu):
    small, large = (
        forecast(prompt, ram=size, comfy=comfy, system=system, flags=flags, gpu=gpu)
        for size in (ram, ram + more)
    )
    assert large.disk_bytes <= small.disk_bytes
    assert large.swapped <= small.swapped
    assert VERDICTS.index(large.verdict) <= VERDICTS.index(small.verdict)


def test_a_run_reads_from_disk_what_its_steps_do():
    runs = Runs(experts())
    moves = runs.files.run(runs.repeated, runs.again, kept=True)
    assert read(runs.repeated, moves) == forecast(experts()).disk_bytes > 0


def test_a_run_that_fails_is_given_no_time():
    for ram, timed in ((64, True), (16, False)):
        checked = check(flux(), here(ram=ram, comfy="0.3.75"), nowhere)
        assert ((checked.forecast.verdict == "oom"), "\nTime: " in render(checked)) == (not timed, timed)
