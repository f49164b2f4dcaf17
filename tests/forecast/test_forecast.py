"""The forecast of real workflows on real cards, and what must hold on any."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prompts import checkpoint, flux, node, nowhere, wan
from vram_forecast.estimator.api import check
from vram_forecast.estimator.forecast import VERDICTS
from vram_forecast.estimator.options import machine
from vram_forecast.estimator.report.words import sentence
from vram_forecast.estimator.units import GIB, MIB


def forecast(prompt, gpu="", **more):
    more = {"ram": 64, "system": "linux", "comfy": "0.33.0"} | more
    return check(prompt, machine(gpu=gpu, **more), nowhere).forecast


def step(found, kind):
    return next(one for one in found.steps if one.kind == kind)


@pytest.mark.parametrize(
    ("prompt", "gpu", "verdict"),
    [
        (flux(), "rtx-3060-12gb", "streamed"),
        (flux(), "rtx-4060-ti-16gb", "streamed"),
        (flux(), "rtx-5090", "resident"),
        (flux(dtype="fp8_e4m3fn"), "rtx-4060-ti-16gb", "resident"),
        (checkpoint(), "rtx-3060-12gb", "resident"),
        (checkpoint("v1-5-pruned-emaonly-fp16.safetensors", 512), "rtx-3060-12gb", "resident"),
        (wan(), "rtx-4060-ti-16gb", "streamed"),
        (wan(), "rtx-4090", "resident"),
    ],
)
def test_a_workflow_runs_as_users_of_that_card_report(prompt, gpu, verdict):
    assert forecast(prompt, gpu).verdict == verdict


def test_activations_are_the_traced_check_points():
    assert step(forecast(flux(), "rtx-4090"), "sample").activations.best == pytest.approx(
        363.9 * MIB, rel=0.02
    )
    fp8 = forecast(flux(dtype="fp8_e4m3fn"), "rtx-4090")
    assert step(fp8, "sample").activations.best == pytest.approx(402.9 * MIB, rel=0.02)
    assert step(forecast(checkpoint(), "rtx-4090"), "sample").activations.best == pytest.approx(
        315.3 * MIB, rel=0.02
    )
    assert step(forecast(flux(), "rtx-4090"), "decode").activations.best == pytest.approx(
        1296 * MIB, rel=0.02
    )
    assert step(forecast(wan(), "rtx-4090"), "decode").activations.best == pytest.approx(2762 * MIB, rel=0.02)


def test_comfyui_reserves_what_its_own_formula_says():
    assert step(forecast(flux(), "rtx-4090"), "sample").comfy_reserves == pytest.approx(
        1015.8 * MIB, rel=1e-3
    )
    assert step(forecast(wan(), "rtx-4090"), "sample").comfy_reserves == pytest.approx(6038.9 * MIB, rel=1e-3)
    assert step(forecast(flux(), "rtx-4090"), "decode").comfy_reserves == 4356 * MIB


def test_a_card_without_room_for_activations_runs_out_of_memory():
    found = forecast(wan(1280, 720, 81), vram=6)
    assert found.verdict == "oom"
    assert found.where.kind == "sample"
    assert found.where.need.low > found.device.total


def test_windows_spills_where_linux_runs_out():
    assert [forecast(wan(1280, 720, 81), vram=6, system=os).verdict for os in ("linux", "windows")] == [
        "oom",
        "spill",
    ]


def test_a_decode_that_does_not_fit_is_retried_in_tiles_and_is_no_error():
    found = forecast(flux(3072, 3072), vram=8)
    assert step(found, "decode").tiled
    assert step(found, "decode").verdict == "resident"


def test_without_the_card_nothing_is_promised_of_it():
    found = forecast(flux(), "rtx-3060-12gb", flags="--cpu")
    assert (found.verdict, found.vram_peak.high) == ("resident", 0)
    assert found.seconds.best > 10 * found.resident_seconds.best  # beside the card
    assert {one.storage_dtype for one in found.components} == {"F32", "F16"}  # the encoders' and all others
    assert found.ram_peak.low > 50 * GIB
    assert sentence(found).startswith("Runs on the processor, not on the card")
    assert forecast(flux(), "rtx-3060-12gb", flags="--cpu", ram=32).verdict == "oom"  # of RAM


def test_a_flag_halves_the_t5_of_flux():
    found = forecast(flux(), "rtx-3060-12gb", flags="--fp8_e4m3fn-text-enc")
    assert {one.storage_dtype for one in found.components if one.role == "text_encoder"} == {"F8_E4M3"}


def test_little_ram_reads_the_disk_again():
    found = forecast(flux(), "rtx-3060-12gb", ram=16)
    assert found.verdict == "disk"
    assert found.disk_bytes > 0


def test_streaming_costs_time():
    found = forecast(flux(), "rtx-3060-12gb")
    assert found.seconds.best >= found.resident_seconds.best


def test_both_conditions_run_together_where_comfyui_has_room_for_them():
    together, apart = forecast(checkpoint(), "rtx-3060-12gb"), forecast(wan(), "rtx-4060-ti-16gb")
    assert step(together, "sample").passes == 25
    assert step(apart, "sample").passes == 20  # ten steps, two conditions


def test_the_second_expert_finds_the_first_in_its_place():
    high, low = (one for one in forecast(wan(), "rtx-4060-ti-16gb").steps if one.kind == "sample")
    assert low.resident == pytest.approx(high.resident, rel=0.01)


def test_an_unknown_node_is_no_promise_however_small_the_rest():
    prompt = checkpoint() | {"20": node("FancyModelPatch", model=["1", 0])}
    prompt["8"]["inputs"]["model"] = ["20", 0]
    found = forecast(prompt, "rtx-5090")
    assert found.verdict == "unknown"
    assert step(found, "encode_text").verdict == "resident"


@pytest.mark.parametrize("comfy", ["0.3.64", "0.3.75", "0.8.0", "0.18.2", "0.33.0", "0.99"])
def test_every_version_gives_a_verdict(comfy):
    found = forecast(flux(), "rtx-3060-12gb", comfy=comfy)
    assert found.verdict in ("streamed", "resident")
    assert found.policy.dynamic_vram is (comfy in ("0.18.2", "0.33.0", "0.99"))


PROMPTS = st.sampled_from(
    [flux(), flux(2048, 2048), checkpoint(), checkpoint(batch=4), wan(), wan(640, 640, 33)]
)
COMFY = st.sampled_from(["0.3.75", "0.33.0"])


@settings(max_examples=60, deadline=None)
@given(PROMPTS, st.integers(4, 40), COMFY)
def test_more_memory_never_worsens_the_verdict(prompt, vram, comfy):
    small, large = (
        VERDICTS.index(forecast(prompt, vram=vram + more, comfy=comfy).verdict) for more in (0, 8)
    )
    assert large <= small


@settings(max_examples=60, deadline=None)
@given(PROMPTS, st.integers(4, 40), COMFY)
def test_bands_hold_their_best_and_weights_add_up(prompt, vram, comfy):
    found = forecast(prompt, vram=vram, comfy=comfy)
    for one in found.steps:
        assert one.resident + one.streamed == one.weights
        assert one.vram_peak.low <= one.vram_peak.best <= one.vram_peak.high
        if one.verdict in ("resident", "streamed"):
            assert one.need.low <= found.device.total


def test_free_memory_that_is_given_is_used():
    full, busy = forecast(flux(), "rtx-3060-12gb"), forecast(flux(), "rtx-3060-12gb", free=6)
    assert step(busy, "sample").streamed > step(full, "sample").streamed
    assert busy.device.free < 6 * GIB


@pytest.mark.parametrize(
    ("prompt", "gpu", "kind"),
    [
        (flux(), "rtx-5090", "sample"),
        (flux(), "rtx-3060-12gb", "sample"),
        (checkpoint(side=2048), "rtx-5090", "decode"),
    ],
)
def test_the_step_that_is_named_is_the_one_that_decides(prompt, gpu, kind):
    found = forecast(prompt, gpu)
    assert found.where.kind == kind
    if found.verdict == "resident":
        assert found.where.vram_peak == found.vram_peak


def test_a_text_encoder_on_the_processor_takes_ram_and_no_vram():
    prompt = flux()
    prompt["2"]["inputs"]["device"] = "cpu"
    on_card, on_cpu = (forecast(one, vram=80) for one in (flux(), prompt))  # nothing is copied twice there
    encoders = sum(one.bytes for one in on_cpu.components if one.role == "text_encoder")
    assert on_cpu.ram_peak.best - on_card.ram_peak.best == encoders
    assert step(on_cpu, "encode_text").vram_peak.best == 0
    assert {one.manager for one in on_cpu.components if one.role == "text_encoder"} == {"legacy"}


def test_a_workflow_that_hosted_services_run_fits_any_card():
    prompt = {"1": node("Flux2ProImageNode"), "2": node("SaveImage", images=["1", 0], filename_prefix="x")}
    found = forecast(prompt, "rtx-3060-12gb")
    assert (found.verdict, found.vram_peak.best, found.nodes) == ("resident", 0, 2)
    assert sentence(found) == "Nothing in this workflow runs on the card."


def edges(frames, width=1280, height=720):
    """The outlines of a video, found in all its frames at once."""
    return {
        "1": node("EmptyImage", width=width, height=height, batch_size=frames, color=0),
        "2": node("Canny", image=["1", 0], low_threshold=0.4, high_threshold=0.8),
        "3": node("SaveImage", images=["2", 0], filename_prefix="x"),
    }


@pytest.mark.parametrize(("frames", "verdict"), [(1, "resident"), (25, "resident"), (121, "oom")])
def test_arithmetic_on_the_card_counts_without_a_network(frames, verdict):
    found = forecast(edges(frames), "rtx-4060-ti-16gb")
    assert found.verdict == verdict
    assert found.steps[0].activations.best == pytest.approx(160 * frames * 1280 * 720)
    assert found.vram_peak.best > found.steps[0].activations.best


@pytest.mark.parametrize(
    ("class_type", "radius", "each"),  # bytes a pixel by tools/scratch.py, at 480 x 832
    [
        ("ImageBlur", 5, 36.80),
        ("ImageBlur", 31, 41.13),
        ("ImageSharpen", 5, 48.80),
        ("ImageSharpen", 31, 53.13),
    ],
)
def test_a_filter_takes_what_its_tensors_take(class_type, radius, each):
    prompt = edges(9, 832, 480)
    widget = {"ImageBlur": "blur_radius", "ImageSharpen": "sharpen_radius"}[class_type]
    prompt["2"] = node(class_type, image=["1", 0], **{widget: radius})
    (step,) = forecast(prompt, "rtx-4090").steps
    assert step.activations.best / (9 * 480 * 832) == pytest.approx(each, abs=0.02)
