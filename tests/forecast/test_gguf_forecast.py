"""Workflows with ComfyUI-GGUF's loaders: who manages the model, and what that does to the forecast."""

import gguf_files as made
import pytest
from in_ram import Runs
from prompts import flux, node
from vram_forecast.estimator.api import check
from vram_forecast.estimator.models.library import Library, in_folders
from vram_forecast.estimator.options import machine
from vram_forecast.estimator.units import GIB


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A models folder with FLUX.1 dev in 8 and 4 bits."""
    root = tmp_path_factory.mktemp("models")
    for name in ("Q8_0", "Q4_K"):
        made.lay(root / "unet" / f"flux1-dev-{name}.gguf", made.quantised("flux1-dev", name))
    return in_folders((root,))


def prompt(packed, **more):
    """FLUX.1 dev by ComfyUI-GGUF's loaders; the text encoders are published files."""
    graph = flux(**more)
    graph["1"] = node("UnetLoaderGGUF", unet_name=f"flux1-dev-{packed}.gguf")
    names = {"clip_name1": "clip_l.safetensors", "clip_name2": "t5xxl_fp8_e4m3fn.safetensors"}
    graph["2"] = node("DualCLIPLoaderGGUF", **names, type="flux")
    return graph


def forecast(folders, packed="Q8_0", gpu="rtx-3060-12gb", **more):
    return check(
        prompt(packed), machine(gpu=gpu, ram=64, system="linux", comfy="0.33.0", **more), folders
    ).forecast


def step(found, kind):
    return next(one for one in found.steps if one.kind == kind)


def test_what_its_loaders_load_stays_with_the_legacy_manager(folders):
    managers = {one.title: one.manager for one in forecast(folders).components}
    assert managers == {
        "FLUX.1 dev": "legacy",
        "CLIP-L": "legacy",
        "T5-XXL": "legacy",
        "KL VAE (FLUX)": "dynamic",
    }


@pytest.mark.parametrize(
    ("packed", "gpu", "verdict"),
    [
        ("Q8_0", "rtx-3060-12gb", "streamed"),
        ("Q8_0", "rtx-4090", "resident"),
        ("Q4_K", "rtx-3060-12gb", "resident"),
    ],
)
def test_a_workflow_runs_as_users_of_that_card_report(folders, packed, gpu, verdict):
    assert verdict == forecast(folders, packed, gpu).verdict


def test_nothing_in_it_is_unknown(folders):
    found = forecast(folders)
    assert (found.unknown, [one.verdict for one in found.steps if one.verdict == "unknown"]) == ((), [])


def test_activations_hold_the_traced_cast_and_the_unpacking(folders):
    packed = step(forecast(folders, gpu="rtx-4090"), "sample").activations
    graph, card = flux(dtype="fp8_e4m3fn"), machine(gpu="rtx-4090", ram=64, system="linux", comfy="0.33.0")
    cast = step(check(graph, card, folders).forecast, "sample").activations
    elements = 21504 * 3072
    assert packed.low == cast.low
    assert packed.high == cast.high + 2 * elements
    assert packed.basis == "modelled"


def test_streaming_is_slower_than_for_a_pinned_model_of_that_size(folders):
    packed = step(forecast(folders), "sample")
    card = machine(gpu="rtx-3060-12gb", ram=64, system="linux", comfy="0.33.0")
    plain = step(check(flux(dtype="fp8_e4m3fn"), card, folders).forecast, "sample")
    assert (
        packed.seconds.best / packed.resident_seconds.best > plain.seconds.best / plain.resident_seconds.best
    )


def test_ram_holds_what_is_off_the_card(folders):
    small, large = (forecast(folders, packed).ram_peak.best for packed in ("Q4_K", "Q8_0"))
    assert 0 < large - small < 8 * GIB


@pytest.mark.parametrize("comfy", ["0.3.75", "0.33.0"])
def test_it_is_pages_of_its_file_until_it_is_used(folders, comfy):
    runs = Runs(prompt("Q8_0"), library=Library(folders), comfy=comfy, gpu="rtx-3060-12gb", ram=64)
    (loaded,) = runs.at("1")
    assert loaded < GIB
    sampled = next(one for one in runs.placed if one.step.kind == "sample")
    encoders = sum(one.bytes for one in runs.ram.held.values() if one.role == "text_encoder")
    off = sum(one.streamed for one in sampled.placements) + encoders
    after = runs.first.steps[runs.placed.index(sampled)].weights
    assert after == pytest.approx(off, rel=0.05)


def test_what_finds_room_on_the_card_takes_no_ram(folders):
    graph, kept = prompt("Q8_0"), {}
    graph["2"] = flux()["2"]  # encoders that are pages of their files, which give way
    for gpu in ("rtx-3060-12gb", "rtx-4090"):
        found = check(graph, machine(gpu=gpu, ram=16, system="linux", comfy="0.33.0"), folders).forecast
        kept[gpu] = found.ram_kept.best
        assert "disk" != found.verdict
    assert kept["rtx-4090"] < 6 * GIB < kept["rtx-3060-12gb"]
