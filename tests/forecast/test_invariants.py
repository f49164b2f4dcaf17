"""What holds of every forecast, whatever the workflow, the card, the RAM, the system and the ComfyUI."""

from functools import cache
from pathlib import Path

import comfyui_workflow_templates_json
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prompts import nowhere
from vram_forecast.estimator.forecast import VERDICTS, run
from vram_forecast.estimator.models.library import Library
from vram_forecast.estimator.options import machine
from vram_forecast.estimator.workflow import lower, read

FOLDER = Path(comfyui_workflow_templates_json.__file__).parent / "templates"
TEMPLATES = (
    "flux_dev_full_text_to_image",
    "flux_schnell",
    "hunyuan_video_text_to_video",
    "image_chroma_text_to_image",
    "image_qwen_image_edit",
    "image_qwen_image_instantx_controlnet",
    "image_z_image_turbo",
    "sdxl_simple_example",
    "sdxl_refiner_prompt_example",
    "video_ltx2_t2v",
    "video_wan2_2_14B_t2v",
    "video_wan2_2_5B_ti2v",
)
LIBRARY = Library(nowhere)

comfyuis = st.builds(
    dict,
    comfy=st.sampled_from(["0.3.64", "0.3.75", "0.8.0", "0.18.2", "0.33.0"]),
    system=st.sampled_from(["linux", "windows", "wsl"]),
    flags=st.sampled_from(
        ["", "--lowvram", "--novram", "--highvram", "--disable-dynamic-vram", "--reserve-vram 2"]
    ),
)
templates = st.sampled_from(TEMPLATES)
sizes = st.integers(4, 96)


@cache
def workload(name):
    """A template's workload, with published files."""
    return lower(read(FOLDER / f"{name}.json"), LIBRARY)


def forecast(name, vram, ram, comfyui):
    return run(workload(name), machine(vram=vram, ram=ram, **comfyui))


def rank(found):
    return VERDICTS.index(found.verdict)


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_templates_are_known_wholly(name):
    assert "unknown" != forecast(name, 24, 64, {"comfy": "0.33.0", "system": "linux"}).verdict


@settings(max_examples=150, deadline=None)
@given(templates, sizes, sizes, comfyuis)
def test_the_parts_of_every_step_add_up(name, vram, ram, comfyui):
    found = forecast(name, vram, ram, comfyui)
    taken = found.device.taken.best
    for step in found.steps:
        assert step.resident + step.streamed == step.weights or not step.vram_peak.high
        parts = step.fixed + step.forced + step.buffer + step.activations.best + step.workspace.best
        assert step.need.best == (pytest.approx(taken + parts, abs=1) if step.vram_peak.high else 0)
        assert step.need.best <= step.vram_peak.best
    fits = [one for one in found.steps if one.verdict in ("resident", "streamed")]
    assert all(one.tight or one.need.low <= found.device.total for one in fits)
    assert found.vram_peak.best == max(step.vram_peak.best for step in found.steps)


@settings(max_examples=150, deadline=None)
@given(templates, sizes, st.integers(1, 32), sizes, comfyuis)
def test_more_video_memory_never_worsens_a_verdict(name, vram, more, ram, comfyui):
    assert rank(forecast(name, vram + more, ram, comfyui)) <= rank(forecast(name, vram, ram, comfyui))


@settings(max_examples=150, deadline=None)
@given(templates, sizes, sizes, st.integers(1, 64), comfyuis)
def test_more_ram_never_worsens_a_verdict(name, vram, ram, more, comfyui):
    assert rank(forecast(name, vram, ram + more, comfyui)) <= rank(forecast(name, vram, ram, comfyui))
