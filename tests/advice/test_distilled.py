"""distilled: few steps with a distilled file or LoRA, and the sampler set to them."""

import pytest
from advising import case_of, kept_promises, offered, written
from prompts import checkpoint, flux, guided, node, wan
from vram_forecast.estimator import facts
from vram_forecast.estimator.advice.rules import distilled
from vram_forecast.estimator.advice.samplers import evaluations, sampled
from vram_forecast.estimator.workflow.graph import Link

SHORT = {"gpu": "rtx-4060", "ram": 16}


def qwen(**more):
    """Qwen-Image with guidance."""
    return flux(unet="qwen_image_fp8_e4m3fn.safetensors", cfg=4.0, steps=20) | more


def animated():
    """Wan 2.2 from a picture."""
    prompt = wan(1280, 720)
    for key, noise in (("1", "high"), ("11", "low")):
        prompt[key]["inputs"]["unet_name"] = f"wan2.2_i2v_{noise}_noise_14B_fp8_scaled.safetensors"
    return prompt


def switched(on=False):
    """Qwen-Image with a switch for its Lightning LoRA, as the official template has it."""

    def choice(off, on):
        return node("ComfySwitchNode", switch=["86", 0], on_false=off, on_true=on)

    prompt = qwen()
    sampler = prompt["8"]["inputs"] | {"model": ["78", 0], "steps": ["82", 0], "cfg": ["83", 0]}
    return prompt | {
        "8": node("KSampler", **sampler),
        "73": node(
            "LoraLoaderModelOnly",
            model=["1", 0],
            lora_name="Qwen-Image-Lightning-8steps-V1.0.safetensors",
            strength_model=1.0,
        ),
        "78": choice(["1", 0], ["73", 0]),
        "79": node("PrimitiveInt", value=8),
        "81": node("PrimitiveFloat", value=1.0),
        "82": choice(["84", 0], ["79", 0]),
        "83": choice(["85", 0], ["81", 0]),
        "84": node("PrimitiveInt", value=20),
        "85": node("PrimitiveFloat", value=4.0),
        "86": node("PrimitiveBoolean", value=on),
    }


def test_a_lora_goes_behind_the_loader_and_the_sampler_takes_its_steps():
    case = case_of(qwen(), **SHORT)
    change = kept_promises(distilled, case)[0]
    after = case.after(change).graph
    (lora,) = after.of_type("LoraLoaderModelOnly")
    assert lora.inputs["model"] == Link("1", 0)
    assert lora.inputs["lora_name"] == "Qwen-Image-Lightning-8steps-V1.0.safetensors"
    assert after.nodes["8"].inputs["model"] == Link(lora.id, 0)
    assert written(change) == {("8", "steps"): 8, ("8", "cfg"): 1.0}
    assert "cfg is 1, so that the negative prompt no longer counts" in change.effects


def test_the_milder_one_comes_first_and_evaluates_more():
    case = case_of(qwen(), **SHORT)
    found = offered(distilled, case)
    counts = [evaluations(sampled(case.after(one))) for one in found.values()]
    assert list(found) == ["qwen-image-lightning-8", "qwen-image-lightning-4"]
    assert (evaluations(sampled(case)), *counts) == (40, 8, 4)


def test_a_lora_goes_before_the_patches_that_are_there():
    patch = node("ModelSamplingAuraFlow", model=["1", 0], shift=3.1)
    prompt = qwen(**{"66": patch})
    prompt["8"]["inputs"]["model"] = ["66", 0]
    case = case_of(prompt, **SHORT)
    after = case.after(offered(distilled, case)["qwen-image-lightning-8"]).graph
    (lora,) = after.of_type("LoraLoaderModelOnly")
    assert after.nodes["66"].inputs["model"] == Link(lora.id, 0)
    assert after.nodes["8"].inputs["model"] == Link("66", 0)


def test_two_experts_get_their_own_loras_and_keep_their_halves():
    case = case_of(animated(), **SHORT)
    change = offered(distilled, case)["wan22-i2v-lightx2v"]
    steps = {key: value for key, value in written(change).items() if key[1] != "cfg"}
    assert steps == {
        ("7", "steps"): 4,
        ("7", "end_at_step"): 2,
        ("8", "steps"): 4,
        ("8", "start_at_step"): 2,
    }
    after = case.after(change)
    loras = after.graph.of_type("LoraLoaderModelOnly")
    assert [(one.inputs["model"].node, "high" in one.inputs["lora_name"]) for one in loras] == [
        ("1", True),
        ("11", False),
    ]
    assert [step.repeats for step in sampled(after)] == [2, 2]


def test_the_workflows_own_switch_is_turned_on_and_nothing_else():
    case = case_of(switched(), **SHORT)
    (change,) = kept_promises(distilled, case)
    assert written(change) == {("86", "value"): True}
    assert change.title == (
        "Turn on Qwen-Image-Lightning-8steps-V1.0.safetensors by the workflow's own switch (node 86): "
        "8 steps instead of 20"
    )
    assert evaluations(sampled(case.after(change))) == 8


def test_a_switch_that_is_on_is_left_alone():
    assert offered(distilled, case_of(switched(on=True), **SHORT)) == {}


def test_a_distilled_file_takes_the_place_of_its_model():
    prompt = flux(unet="flux-2-klein-base-4b.safetensors", cfg=5.0)
    change = offered(distilled, case_of(prompt, gpu="rtx-4060", ram=8))["flux2-klein-4b"]
    assert written(change) == {
        ("1", "unet_name"): "flux-2-klein-4b.safetensors",
        ("8", "steps"): 4,
        ("8", "cfg"): 1.0,
    }


def test_a_custom_samplers_guider_and_schedule_are_set():
    guider = node("CFGGuider", model=["1", 0], positive=["5", 0], negative=["6", 0], cfg=4.0)
    schedule = node("BasicScheduler", model=["1", 0], scheduler="simple", steps=20, denoise=1.0)
    prompt = guided(qwen(), guider, schedule)
    change = offered(distilled, case_of(prompt, **SHORT))["qwen-image-lightning-4"]
    assert written(change) == {("20", "cfg"): 1.0, ("21", "steps"): 4}


def test_a_schedule_that_nobody_can_set_is_left_alone():
    guider = node("CFGGuider", model=["1", 0], positive=["5", 0], negative=["6", 0], cfg=4.0)
    by_hand = node("ManualSigmas", sigmas="1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0")
    assert offered(distilled, case_of(guided(qwen(), guider, by_hand), **SHORT)) == {}


def test_sdxl_gets_the_sampler_that_its_lora_was_made_for():
    change = offered(distilled, case_of(checkpoint(), gpu="rtx-2060"))["sdxl-lightning-8"]
    assert written(change) == {
        ("8", "steps"): 8,
        ("8", "cfg"): 1.0,
        ("8", "sampler_name"): "euler",
        ("8", "scheduler"): "sgm_uniform",
    }


def test_what_is_distilled_already_is_left_alone():
    assert offered(distilled, case_of(flux(unet="flux1-schnell.safetensors", steps=4), **SHORT)) == {}
    turbo = flux(unet="z_image_turbo_bf16.safetensors", steps=8)
    assert offered(distilled, case_of(turbo, **SHORT)) == {}


def test_another_model_of_the_same_shape_is_not_taken_for_it():
    edited = qwen()
    edited["1"]["inputs"]["unet_name"] = "qwen_image_edit_2511_fp8mixed.safetensors"
    assert list(offered(distilled, case_of(edited, **SHORT))) == ["qwen-image-edit-2511-lightning-4"]


@pytest.mark.parametrize("row", facts.table("distilled")["distilled"], ids=lambda row: row["id"])
def test_a_row_names_what_is_distilled_and_where_it_is(row):
    files = [name for part in row["parts"] for name in part.get("files", [])]
    loras = [part["lora"] for part in row["parts"] if "lora" in part]
    assert files or loras
    assert all(lora["url"].endswith(lora["name"]) and lora["bytes"] > 1e8 for lora in loras)
    assert all(part["at"].startswith("https://") for part in row["parts"] if "files" in part)
    assert row["steps"] <= 16 and row["cfg"] == 1.0
