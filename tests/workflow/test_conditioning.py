"""What a prompt carries to the sampler: pictures, references, ControlNets, hooks; and patches of a model."""

import pytest
from prompts import checkpoint, flux, guided, node, nowhere, wan
from vram_forecast.estimator import check, render
from vram_forecast.estimator.models.library import Library
from vram_forecast.estimator.options import machine
from vram_forecast.estimator.workflow import lower, read

EDITOR, SEES = "qwen_image_edit_2509_fp8_e4m3fn.safetensors", "qwen_2.5_vl_7b_fp8_scaled.safetensors"


def lowered(prompt):
    return lower(read(prompt), Library(nowhere))


def steps(prompt, kind):
    return [step for step in lowered(prompt).steps if step.kind == kind]


def kinds(work, step):
    """The kinds of component that a step loads."""
    return [work.loaded[key].component.id for key in step.components]


def picture(width, height):
    return node("EmptyImage", width=width, height=height, batch_size=1, color=0)


def qwen_edit(**pictures):
    """Qwen-Image-Edit of the pictures given."""
    linked = {name: [f"p-{name}", 0] for name in pictures}
    encode = {"clip": ["2", 0], "vae": ["3", 0], **linked}
    return {f"p-{name}": picture(*size) for name, size in pictures.items()} | {
        "1": node(
            "UNETLoader", unet_name="qwen_image_edit_2509_fp8_e4m3fn.safetensors", weight_dtype="default"
        ),
        "2": node(
            "CLIPLoader",
            clip_name="qwen_2.5_vl_7b_fp8_scaled.safetensors",
            type="qwen_image",
            device="default",
        ),
        "3": node("VAELoader", vae_name="qwen_image_vae.safetensors"),
        "4": node("EmptySD3LatentImage", width=1024, height=1024, batch_size=1),
        "5": node("TextEncodeQwenImageEditPlus", prompt="make it night", **encode),
        "8": node(
            "KSampler",
            model=["1", 0],
            positive=["5", 0],
            negative=["5", 0],
            latent_image=["4", 0],
            seed=1,
            steps=4,
            cfg=1.0,
            sampler_name="euler",
            scheduler="simple",
            denoise=1.0,
        ),
        "9": node("VAEDecode", samples=["8", 0], vae=["3", 0]),
        "10": node("SaveImage", images=["9", 0], filename_prefix="x"),
    }


def test_an_edit_model_sees_each_picture_twice_and_carries_its_latent():
    work = lowered(qwen_edit(image1=(2048, 1024), image3=(512, 512)))
    seen = [step.shape for step in work.steps if step.law == "encode_image"]
    # 384 x 384 pixels at the picture's aspect, 28 to a token
    assert [(one.height, one.width) for one in seen] == [(10, 19), (14, 14)]
    latents = [step.shape for step in work.steps if step.law == "encode"]
    assert [(one.height, one.width) for one in latents] == [(91, 181), (128, 128)]
    (sample,) = [step for step in work.steps if step.kind == "sample"]
    assert sample.shape.reference == 91 * 181 + 128 * 128
    assert sample.shape.text_tokens > 10 * 19 + 14 * 14


def test_the_report_says_what_each_step_of_one_node_is_for():
    here = machine(gpu="rtx-4070", ram=32, system="linux")
    shown = render(check(qwen_edit(image1=(512, 512)), here, nowhere), 130)
    for word in ("VAE", "picture", "text"):
        assert f"{word}: TextEncodeQwenImageEditPlus" in shown
    assert "sample: " not in shown


def test_an_edit_model_without_pictures_only_reads():
    work = lowered(qwen_edit())
    assert [step.kind for step in work.steps] == ["encode_text", "sample", "decode"]
    assert [step.shape.reference for step in work.steps if step.kind == "sample"] == [0]


def test_each_reference_latent_adds_its_cells():
    prompt = flux() | {
        "20": picture(1024, 512),
        "21": node("VAEEncode", pixels=["20", 0], vae=["3", 0]),
        "22": node("ReferenceLatent", conditioning=["5", 0], latent=["21", 0]),
        "23": node("ReferenceLatent", conditioning=["22", 0], latent=["21", 0]),
    }
    prompt["8"]["inputs"]["positive"] = ["23", 0]
    assert [step.shape.reference for step in steps(prompt, "sample")] == [2 * 128 * 64]


def controlled(count=1):
    prompt = checkpoint() | {
        "20": node("ControlNetLoader", control_net_name="controlnet-canny-sdxl-1.0_fp16.safetensors"),
        "21": picture(1024, 1024),
    }
    pair = (["5", 0], ["6", 0])
    for number in range(count):
        key = str(30 + number)
        prompt[key] = node(
            "ControlNetApplyAdvanced",
            positive=pair[0],
            negative=pair[1],
            control_net=["20", 0],
            image=["21", 0],
            strength=1.0,
            start_percent=0.0,
            end_percent=1.0,
        )
        pair = ([key, 0], [key, 1])
    prompt["8"]["inputs"] |= {"positive": pair[0], "negative": pair[1]}
    return prompt


@pytest.mark.parametrize("count", [1, 2])
def test_a_controlnet_runs_within_each_pass(count):
    work = lowered(controlled(count))
    (sample,) = [step for step in work.steps if step.kind == "sample"]
    assert kinds(work, sample) == ["sdxl", "controlnet-sdxl-diffusers"]
    assert len(sample.sides) == 1


def test_prompts_that_are_combined_are_evaluated_one_by_one():
    prompt = checkpoint() | {
        "20": node("ConditioningCombine", conditioning_1=["5", 0], conditioning_2=["6", 0])
    }
    prompt["8"]["inputs"]["positive"] = ["20", 0]
    assert [step.conditions for step in steps(prompt, "sample")] == [3]


def test_a_prompt_behind_another_is_one_longer_prompt():
    prompt = checkpoint() | {
        "20": node("ConditioningConcat", conditioning_to=["5", 0], conditioning_from=["6", 0])
    }
    prompt["8"]["inputs"]["positive"] = ["20", 0]
    assert [(step.conditions, step.shape.text_tokens) for step in steps(prompt, "sample")] == [(2, 154)]


def test_hook_loras_take_their_model_from_the_dynamic_manager():
    prompt = checkpoint() | {
        "20": node("CreateHookLora", lora_name="x.safetensors", strength_model=1.0, strength_clip=1.0),
        "21": node("ConditioningSetProperties", cond_NEW=["5", 0], hooks=["20", 0]),
    }
    prompt["8"]["inputs"]["positive"] = ["21", 0]
    work = lowered(prompt)
    (sample,) = [step for step in work.steps if step.kind == "sample"]
    assert [len(sample.loras), work.loaded[sample.components[0]].taken] == [1, ("hooks",)]


def test_text_encoders_with_hook_loras_are_taken_from_the_dynamic_manager():
    prompt = checkpoint() | {
        "20": node("CreateHookLora", lora_name="x.safetensors", strength_model=1.0, strength_clip=1.0),
        "21": node("SetClipHooks", clip=["1", 1], apply_to_conds=False, schedule_clip=False, hooks=["20", 0]),
    }
    prompt["5"]["inputs"]["clip"] = ["21", 0]
    found = lowered(prompt).loaded.values()
    assert {one.taken for one in found if one.role == "text_encoder"} == {("hooks",)}
    assert {one.taken for one in found if one.role == "diffusion_model"} == {()}


def test_a_compiled_model_is_taken_from_the_dynamic_manager():
    prompt = flux() | {"20": node("TorchCompileModel", model=["1", 0], backend="inductor")}
    prompt["8"]["inputs"]["model"] = ["20", 0]
    work = lowered(prompt)
    assert [one.taken for one in work.loaded.values() if one.role == "diffusion_model"] == [
        ("torch_compile",)
    ]


def test_guidance_by_attention_costs_one_more_pass_in_each_step():
    prompt = checkpoint() | {"20": node("PerturbedAttentionGuidance", model=["1", 0], scale=3.0)}
    prompt["8"]["inputs"]["model"] = ["20", 0]
    assert [(step.repeats, step.conditions, step.alone) for step in steps(prompt, "sample")] == [(25, 2, 25)]


def test_a_long_video_is_seen_in_windows():
    prompt = wan(length=161) | {
        "20": node("WanContextWindowsManual", model=["1", 0], context_length=81, context_overlap=30)
    }
    for key in ("7", "8"):
        if prompt.get(key, {}).get("class_type") == "KSamplerAdvanced":
            prompt[key]["inputs"]["model"] = ["20", 0]
    windowed = [step for step in steps(prompt, "sample") if step.shape.frames == 21]
    assert {step.repeats for step in windowed} == {10 * 3}  # 41 latent frames: 21, and twice 14 more


@pytest.mark.parametrize(
    ("class_type", "sides"), [("EmptyLatentImage", (64, 64)), ("EmptyFlux2LatentImage", (64, 64))]
)
def test_an_empty_latent_is_brought_to_the_cells_of_its_model(class_type, sides):
    prompt = flux(unet="flux2_dev_fp8mixed.safetensors") | {
        "4": node(class_type, width=1024, height=1024, batch_size=1)
    }
    assert [(one.shape.height, one.shape.width) for one in steps(prompt, "sample")] == [sides]


@pytest.mark.parametrize(
    ("class_type", "inputs", "count"),
    [
        ("ManualSigmas", {"sigmas": "1.0, 0.99, 0.5, 0.0"}, 3),
        ("BasicScheduler", {"model": ["1", 0], "scheduler": "simple", "steps": 12, "denoise": 0.5}, 12),
        ("AlignYourStepsScheduler", {"model_type": "SD1", "steps": 10, "denoise": 0.5}, 5),
        ("SDTurboScheduler", {"model": ["1", 0], "steps": 4, "denoise": 0.2}, 2),
    ],
)
def test_a_schedule_has_as_many_steps_as_comfyui_makes_of_it(class_type, inputs, count):
    basic = node("BasicGuider", model=["1", 0], conditioning=["5", 0])
    prompt = guided(flux(), basic, node(class_type, **inputs))
    assert [step.repeats for step in steps(prompt, "sample")] == [count]


def test_two_models_of_one_guider_are_two_steps_of_one_node():
    other = {"11": node("UNETLoader", unet_name="flux1-schnell.safetensors", weight_dtype="default")}
    both = {"model": ["1", 0], "model_negative": ["11", 0], "positive": ["5", 0], "negative": ["6", 0]}
    schedule = node("BasicScheduler", model=["1", 0], scheduler="simple", steps=12, denoise=1.0)
    prompt = guided(flux() | other, node("DualModelGuider", cfg=4.0, **both), schedule)
    work = lowered(prompt)
    assert [kinds(work, step) for step in work.steps if step.kind == "sample"] == [
        ["flux-dev"],
        ["flux-schnell"],
    ]
