"""merged-loras: LoRAs worked into a file once, where they cost something in every run."""

import pytest
from advising import case_of, offered
from headers import lay
from prompts import flux, node
from vram_forecast.estimator.advice import Case
from vram_forecast.estimator.advice.judge import quicker
from vram_forecast.estimator.advice.rules import merged_loras
from vram_forecast.estimator.models.library import Library, in_folders
from vram_forecast.estimator.models.published import published
from vram_forecast.estimator.options import machine
from vram_forecast.estimator.workflow import read
from vram_forecast.estimator.workflow.graph import Link

RANK = 32


@pytest.fixture(scope="module")
def loras(tmp_path_factory):
    """A models folder with two LoRAs on all matrices of FLUX.1's blocks."""
    root = tmp_path_factory.mktemp("models")
    tensors = {}
    for one in published("diffusion_models", "flux1-dev.safetensors").tensors.values():
        if "_blocks." in one.name and len(one.shape) == 2:
            layer = f"diffusion_model.{one.name.removesuffix('.weight')}"
            tensors[f"{layer}.lora_A.weight"] = ("BF16", (RANK, one.shape[1]))
            tensors[f"{layer}.lora_B.weight"] = ("BF16", (one.shape[0], RANK))
    for name in ("one", "two"):
        lay(root / "loras" / f"{name}.safetensors", tensors)
    return root


def styled(unet="flux1-dev.safetensors"):
    """FLUX.1 with two LoRAs, one of them on its text encoders too."""
    prompt = flux(unet=unet)
    only = {"model": ["1", 0], "lora_name": "one.safetensors", "strength_model": 1.0}
    both = {"model": ["20", 0], "clip": ["2", 0], "lora_name": "two.safetensors", "strength_model": 0.5}
    sampler = prompt["8"]["inputs"] | {"model": ["21", 0]}
    return prompt | {
        "20": node("LoraLoaderModelOnly", **only),
        "21": node("LoraLoader", **both, strength_clip=0.5),
        "5": node("CLIPTextEncode", text="a lighthouse", clip=["21", 1]),
        "8": node("KSampler", **sampler),
    }


def on(root, prompt, **where):
    given = case_of(prompt, **where)
    return Case(given.graph, given.machine, Library(in_folders((root,))))


def test_the_forecast_is_of_the_workflow_without_them(loras):
    case = on(loras, styled(), gpu="rtx-4060")
    (change,) = merged_loras.changes(case)
    after = case.after(change).graph
    assert after.of_type("LoraLoader", "LoraLoaderModelOnly") == []
    assert after.nodes["8"].inputs["model"] == Link("1", 0)
    assert after.nodes["5"].inputs["clip"] == Link("2", 0)
    assert change.edits == ()


def test_it_says_what_to_do(loras):
    (change,) = merged_loras.changes(on(loras, styled(), gpu="rtx-4060"))
    assert change.title == (
        "Merge the 2 LoRAs into flux1-dev.safetensors once (Save Model and Save CLIP behind the last one), "
        "and load what it writes without them"
    )


def test_streamed_layers_are_no_longer_patched_in_each_step(loras):
    case = on(loras, styled(), gpu="rtx-4060")
    (change,) = merged_loras.changes(case)
    assert quicker(case.after(change).forecast, case.forecast)


def test_loras_that_are_not_there_or_on_files_that_cannot_be_saved_are_left_alone(loras):
    assert offered(merged_loras, case_of(styled(), gpu="rtx-4060")) == {}
    scaled = "flux_dev_fp8_scaled_diffusion_model.safetensors"
    assert offered(merged_loras, on(loras, styled(scaled), gpu="rtx-4060")) == {}
    assert offered(merged_loras, on(loras, flux(), gpu="rtx-4060")) == {}


def test_a_lora_that_is_not_on_disk_is_no_part_of_it_and_stays(loras):
    prompt = styled()
    prompt["21"]["inputs"]["lora_name"] = "elsewhere.safetensors"
    case = Case(
        read(prompt), machine(gpu="rtx-3060-12gb", ram=16, system="linux"), Library(in_folders((loras,)))
    )
    (change,) = merged_loras.changes(case)
    assert "Merge the LoRA into" in change.title
    assert ["21"] == [one for one in ("20", "21") if one in change.graph.nodes]
