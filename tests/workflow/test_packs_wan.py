"""WanVideoWrapper: steps of its own loaders and samplers, and what is said of its memory."""

from looking import lowered, said, sizes, steps
from prompts import node


def wan_video(embeds, model="wan2.2_t2v_low_noise_14B_fp8_scaled.safetensors", **widgets):
    """A video by WanVideoWrapper, with `embeds` for its pictures."""
    kept = {"steps": 10, "cfg": 5.0, "denoise_strength": 1.0, "start_step": 0, "end_step": -1}
    kept |= {"batched_cfg": False, "scheduler": "unipc", "seed": 1}
    return {
        "1": node("WanVideoModelLoader", model=model, quantization="disabled", base_precision="bf16"),
        "2": node(
            "LoadWanVideoT5TextEncoder", model_name="umt5_xxl_fp16.safetensors", quantization="disabled"
        ),
        "3": node("WanVideoVAELoader", model_name="wan_2.1_vae.safetensors", precision="bf16"),
        "4": node(
            "WanVideoTextEncode", t5=["2", 0], positive_prompt="a lighthouse", negative_prompt="static"
        ),
        "5": embeds,
        "8": node(
            "WanVideoSampler", model=["1", 0], image_embeds=["5", 0], text_embeds=["4", 0], **(kept | widgets)
        ),
        "9": node(
            "WanVideoDecode",
            vae=["3", 0],
            samples=["8", 0],
            enable_vae_tiling=widgets.get("tiled", False),
            tile_x=272,
            tile_y=272,
        ),
        "10": node("VHS_VideoCombine", images=["9", 0], frame_rate=16),
    }


EMPTY = node("WanVideoEmptyEmbeds", width=832, height=480, num_frames=81)


def test_a_wrapped_wan_takes_its_conditions_one_by_one():
    work = lowered(wan_video(EMPTY))
    assert sizes(work, "sample") == [(21, 60, 104, 20)]
    (sample,) = steps(work, "sample")
    assert (sample.conditions, sample.shape.text_tokens) == (1, 512)
    assert sizes(work, "decode") == [(21, 60, 104, 1)]


def test_without_guidance_there_is_one_condition():
    assert sizes(lowered(wan_video(EMPTY, cfg=1.0)), "sample")[0][3] == 10


def test_both_conditions_at_once_where_that_is_asked_for():
    (sample,) = steps(lowered(wan_video(EMPTY, batched_cfg=True)), "sample")
    assert (sample.conditions, sample.repeats) == (2, 10)


def test_a_part_of_a_schedule_is_that_many_steps():
    assert sizes(lowered(wan_video(EMPTY, start_step=4, cfg=1.0)), "sample")[0][3] == 6
    assert sizes(lowered(wan_video(EMPTY, end_step=4, cfg=1.0)), "sample")[0][3] == 4
    assert sizes(lowered(wan_video(EMPTY, denoise_strength=0.5, cfg=1.0)), "sample")[0][3] == 6


def test_a_5b_model_has_larger_cells():
    work = lowered(wan_video(EMPTY, model="wan2.2_ti2v_5B_fp16.safetensors"))
    assert sizes(work, "sample")[0][:3] == (21, 30, 52)


def test_a_picture_to_begin_with_is_encoded_at_full_length():
    embeds = node(
        "WanVideoImageToVideoEncode", vae=["3", 0], start_image=["6", 0], width=832, height=480,
        num_frames=81, fun_or_fl2v_model=False, tiled_vae=False,
    )  # fmt: skip
    work = lowered(wan_video(embeds) | {"6": node("EmptyImage", width=64, height=64, batch_size=1, color=0)})
    assert sizes(work, "encode_image") == [(21, 60, 104, 1)]
    assert sizes(work, "sample")[0][:3] == (21, 60, 104)


def test_a_context_window_bounds_what_the_model_sees():
    prompt = wan_video(node("WanVideoEmptyEmbeds", width=832, height=480, num_frames=161), cfg=1.0)
    prompt["7"] = node("WanVideoContextOptions", context_frames=81, context_overlap=16)
    prompt["8"]["inputs"]["context_options"] = ["7", 0]
    assert sizes(lowered(prompt), "sample") == [(21, 60, 104, 10 * 3)]


def test_what_the_wrapper_does_by_itself_is_said():
    prompt = wan_video(EMPTY)
    prompt["11"] = node("WanVideoBlockSwap", blocks_to_swap=20)
    prompt["12"] = node("WanVideoSetBlockSwap", model=["1", 0], block_swap_args=["11", 0])
    prompt["8"]["inputs"]["model"] = ["12", 0]
    work = lowered(prompt)
    assert "swaps" in said(work)["WanVideoSetBlockSwap"]
    assert "by itself" in said(work)["WanVideoModelLoader"]
    assert all(one.legacy for one in work.loaded.values())


def test_loras_of_the_wrapper_wait_in_a_stack():
    prompt = wan_video(EMPTY)
    prompt["11"] = node("WanVideoLoraSelect", lora="a.safetensors", strength=1.0)
    prompt["12"] = node("WanVideoLoraSelectMulti", lora_0="b.safetensors", lora_1="none", prev_lora=["11", 0])
    prompt["13"] = node("WanVideoSetLoRAs", model=["1", 0], lora=["12", 0])
    prompt["8"]["inputs"]["model"] = ["13", 0]
    work = lowered(prompt)
    (sample,) = steps(work, "sample")
    assert [work.loaded[key].file for key in sample.loras] == ["a.safetensors", "b.safetensors"]


def test_an_extra_model_is_loaded_with_the_main_one():
    prompt = wan_video(EMPTY)
    prompt["11"] = node("WanVideoExtraModelSelect", extra_model="vace_module.safetensors")
    prompt["1"]["inputs"]["extra_model"] = ["11", 0]
    work = lowered(prompt)
    (sample,) = steps(work, "sample")
    files = [work.loaded[key].file for key in sample.components]
    assert files == ["wan2.2_t2v_low_noise_14B_fp8_scaled.safetensors", "vace_module.safetensors"]
