"""What a workflow asks of the card: loads, steps, shapes and passes."""

import pytest
from prompts import checkpoint, flux, guided, node, nowhere, wan
from vram_forecast.estimator.models.library import Library
from vram_forecast.estimator.workflow import lower, read


def lowered(prompt):
    return lower(read(prompt), Library(nowhere))


def steps(prompt, kind):
    return [step for step in lowered(prompt).steps if step.kind == kind]


def shape(step):
    return (step.shape.batch, step.shape.channels, step.shape.frames, step.shape.height, step.shape.width)


def test_flux_is_a_text_encoding_a_sampling_and_a_decode():
    work = lowered(flux())
    assert [step.kind for step in work.steps] == ["encode_text", "sample", "decode"]
    assert [one.component.id for one in work.loaded.values()] == ["kl-16", "clip-l", "t5-xxl", "flux-dev"]
    assert work.unknown == ()
    assert work.missing == (
        "ae.safetensors",
        "clip_l.safetensors",
        "t5xxl_fp16.safetensors",
        "flux1-dev.safetensors",
    )


def test_a_latent_takes_the_channels_of_the_model_that_samples_it():
    assert [shape(step) for step in steps(flux(1024, 768, 2), "sample")] == [(2, 16, 1, 96, 128)]
    assert [shape(step) for step in steps(checkpoint(side=512), "sample")] == [(1, 4, 1, 64, 64)]


def test_frames_of_a_video_share_latent_frames_but_the_first():
    assert [shape(step) for step in steps(wan(length=81), "decode")] == [(1, 16, 21, 60, 104)]
    assert [shape(step) for step in steps(wan(length=1), "decode")] == [(1, 16, 1, 60, 104)]


@pytest.mark.parametrize(("cfg", "conditions"), [(1.0, 1), (1, 1), (3.5, 2)])
def test_cfg_of_one_evaluates_one_condition(cfg, conditions):
    assert [step.conditions for step in steps(flux(cfg=cfg), "sample")] == [conditions]


@pytest.mark.parametrize(
    ("sampler", "repeats"), [("euler", 25), ("dpmpp_2m", 25), ("heun", 49), ("dpm_2", 49)]
)
def test_a_sampler_evaluates_the_model_as_often_as_it_does(sampler, repeats):
    assert [step.repeats for step in steps(checkpoint(sampler=sampler), "sample")] == [repeats]


def test_two_experts_share_the_steps():
    high, low = steps(wan(), "sample")
    assert (high.repeats, low.repeats) == (10, 10)
    assert high.components != low.components


@pytest.mark.parametrize(("text", "tokens"), [("", 77), ("word " * 60, 77), ("word " * 80, 154)])
def test_clip_sees_whole_chunks(text, tokens):
    prompt = checkpoint() | {"5": node("CLIPTextEncode", text=text, clip=["1", 1])}
    (found,) = [step for step in lowered(prompt).steps if step.node == "5"]
    assert found.tokens == (tokens, tokens)


def test_flux_attends_to_the_tokens_of_t5_only():
    (sample,) = steps(flux(), "sample")
    assert sample.shape.text_tokens == 256
    assert lowered(flux()).steps[0].tokens == (77, 256)


def test_what_only_the_unused_branch_of_a_switch_needs_is_not_run():
    prompt = flux() | {
        "20": node("UNETLoader", unet_name="flux1-schnell.safetensors", weight_dtype="default"),
        "21": node("PrimitiveBoolean", value=False),
        "22": node("ComfySwitchNode", switch=["21", 0], on_true=["20", 0], on_false=["1", 0]),
    }
    prompt["8"]["inputs"]["model"] = ["22", 0]
    assert "flux-schnell" not in [one.component.id for one in lowered(prompt).loaded.values()]


def test_numbers_flow_through_primitives_and_expressions():
    prompt = flux() | {
        "20": node("PrimitiveInt", value=512),
        "21": node(
            "ComfyMathExpression",
            **{"expression": "floor(a * b + 1)", "values.a": ["20", 0], "values.b": 1.5},
        ),
    }
    prompt["4"]["inputs"] |= {"width": ["20", 0], "height": ["21", 1]}
    assert [shape(step) for step in steps(prompt, "sample")] == [(1, 16, 1, 96, 64)]


@pytest.mark.parametrize(
    "text", ["__import__('os').system('true')", "a.__class__", "(", "1/0", "9**9**9", "'a' * 10**12"]
)
def test_an_expression_is_never_code(text):
    prompt = flux() | {"20": node("ComfyMathExpression", **{"expression": text, "values.a": 1})}
    prompt["4"]["inputs"] |= {"width": ["20", 1]}
    (sample,) = steps(prompt, "sample")
    assert sample.unknown


def test_lora_loaders_put_their_files_on_the_model():
    prompt = flux() | {
        "20": node("LoraLoaderModelOnly", lora_name="x.safetensors", strength_model=1.0, model=["1", 0])
    }
    prompt["8"]["inputs"]["model"] = ["20", 0]
    work = lowered(prompt)
    (sample,) = [step for step in work.steps if step.kind == "sample"]
    assert len(sample.loras) == 1
    assert "x.safetensors" in work.missing


def test_a_custom_sampler_takes_guider_schedule_and_sampler_as_values():
    basic = node("BasicGuider", model=["1", 0], conditioning=["5", 0])
    schedule = node("BasicScheduler", model=["1", 0], scheduler="simple", steps=12, denoise=1.0)
    prompt = guided(flux(), basic, schedule, sampler="heun")
    (sample,) = steps(prompt, "sample")
    assert (sample.conditions, sample.repeats, shape(sample)) == (1, 23, (1, 16, 1, 128, 128))


def test_image_to_video_encodes_its_start_image_at_full_length():
    prompt = wan() | {
        "20": node("LoadImage", image="x.png"),
        "4": node(
            "WanImageToVideo",
            positive=["5", 0],
            negative=["6", 0],
            vae=["3", 0],
            width=640,
            height=480,
            length=33,
            batch_size=1,
            start_image=["20", 0],
        ),
    }
    prompt["7"]["inputs"] |= {"positive": ["4", 0], "negative": ["4", 1], "latent_image": ["4", 2]}
    assert [shape(step) for step in steps(prompt, "encode_image")] == [(1, 16, 9, 60, 80)]


def test_a_node_without_a_rule_hands_its_model_on_and_is_named():
    prompt = flux() | {"20": node("FancyModelPatch", model=["1", 0])}
    prompt["8"]["inputs"]["model"] = ["20", 0]
    work = lowered(prompt)
    assert [(one.node, one.class_type) for one in work.unknown] == [("20", "FancyModelPatch")]
    (sample,) = [step for step in work.steps if step.kind == "sample"]
    assert [work.loaded[key].component.id for key in sample.components] == ["flux-dev"]


def test_the_model_files_that_an_unknown_node_names_are_counted():
    prompt = flux() | {"1": node("FancyLoader", model_file="flux1-dev.safetensors", strength=1.0)}
    work = lowered(prompt)
    assert [one.class_type for one in work.unknown] == ["FancyLoader"]
    (sample,) = [step for step in work.steps if step.kind == "sample"]
    assert [work.loaded[key].component.id for key in sample.components] == ["flux-dev"]


def test_a_picture_that_is_not_at_hand_is_taken_for_a_usual_one_and_that_is_said():
    prompt = flux() | {
        "20": node("LoadImage", image="x.png"),
        "21": node("VAEEncode", pixels=["20", 0], vae=["3", 0]),
    }
    prompt["8"]["inputs"]["latent_image"] = ["21", 0]
    work = lowered(prompt)
    assert [one.reason for one in work.assumed] == ["`x.png` is not in the input folder: taken as 1024x1024"]
    assert [shape(step) for step in steps(prompt, "encode_image")] == [(1, 16, 1, 128, 128)]


def test_nodes_alike_in_all_inputs_are_worked_once():
    prompt = flux() | {
        "20": flux()["5"],
        "21": node("ConditioningCombine", conditioning_1=["5", 0], conditioning_2=["20", 0]),
    }
    prompt["8"]["inputs"]["positive"] = ["21", 0]
    work = lowered(prompt)
    assert [step.node for step in work.steps if step.kind == "encode_text"] == ["5"]
    assert work.nodes == len(prompt)


def test_two_loaders_of_the_same_file_share_one_model():
    prompt = wan() | {"11": wan()["1"]}
    high, low = steps(prompt, "sample")
    assert high.components == low.components
    assert [one.role for one in lowered(prompt).loaded.values()].count("diffusion_model") == 1


def test_a_picture_at_hand_is_as_large_as_it_is(tmp_path):
    image = pytest.importorskip("PIL.Image")
    image.new("RGB", (640, 384)).save(tmp_path / "x.png")
    prompt = flux() | {
        "20": node("LoadImage", image="x.png"),
        "21": node("VAEEncode", pixels=["20", 0], vae=["3", 0]),
    }
    prompt["8"]["inputs"]["latent_image"] = ["21", 0]
    files = {"input": lambda name: tmp_path / name}
    work = lower(read(prompt), Library(lambda folder, name: files.get(folder, lambda name: None)(name)))
    assert work.assumed == ()
    assert [shape(step) for step in work.steps if step.kind == "sample"] == [(1, 16, 1, 48, 80)]


def test_a_video_where_a_picture_belongs_is_not_taken_for_one(tmp_path):
    (tmp_path / "x.png").write_bytes(b"RIFF\0\0\0\0WAVE")
    prompt = flux() | {"20": node("LoadImage", image="x.png"), "21": node("PreviewImage", images=["20", 0])}
    work = lower(read(prompt), Library(lambda folder, name: tmp_path / name if folder == "input" else None))
    assert len(work.assumed) == 1


@pytest.mark.parametrize("value", ["\ud800", 10**5000, {"a": {1: [None]}}, float("nan")], ids=range(4))
def test_whatever_a_widget_holds_is_lowered(value):
    prompt = flux() | {"20": node("FancyNode", anything=value, again=value)}
    assert lowered(prompt).nodes == len(prompt)
