"""Video nodes: the latents that they give and what they encode, as ComfyUI 0.33.0's own nodes do.

Expected sizes: `execute` of each node, called with a VAE that only counts.
"""

import pytest
from at_work import BOTH, encoded, image, latent, node, sides, vae, whole, work

WAN = {"vae": vae("wan_2.1_vae.safetensors")} | BOTH
WAN22 = {"vae": vae("wan2.2_vae.safetensors")}
LTX = {"vae": vae("ltx-2.5-video-vae-bf16.safetensors")}
SIZE = {"width": 64, "height": 96, "length": 17, "batch_size": 1}
FRAME = image(1, 50, 70)


@pytest.mark.parametrize(
    ("class_type", "vae_name", "expected", "seen"),
    [
        ("WanImageToVideo", "wan_2.1_vae", (1, 5, 12, 8), [(5, 12, 8)]),
        ("WanCameraImageToVideo", "wan_2.1_vae", (1, 5, 12, 8), [(1, 12, 8)]),
        ("WanFunControlToVideo", "wan_2.1_vae", (1, 5, 12, 8), [(1, 12, 8)]),
        ("WanFirstLastFrameToVideo", "wan_2.1_vae", (1, 5, 12, 8), [(5, 12, 8)]),
        ("WanFirstLastFrameToVideo", "wan2.2_vae", (1, 5, 6, 4), [(5, 6, 4)]),
        ("HunyuanVideo15ImageToVideo", "hunyuanvideo15_vae_fp16", (1, 5, 6, 4), [(1, 6, 4)]),
        ("Kandinsky5ImageToVideo", "hunyuan_video_vae_bf16", (1, 5, 12, 8), [(1, 12, 8)]),
    ],
)
def test_a_start_is_encoded_and_the_latent_has_the_video_s_size(class_type, vae_name, expected, seen):
    inputs = BOTH | {"vae": vae(f"{vae_name}.safetensors"), "start_image": FRAME}
    gives, steps = work(class_type, inputs, **SIZE)
    assert sides(gives[2]) == expected
    assert encoded(steps) == seen


def test_without_a_start_most_nodes_encode_nothing():
    for class_type in ("WanImageToVideo", "HunyuanVideo15ImageToVideo", "WanDancerVideo"):
        assert encoded(work(class_type, WAN, **SIZE)[1]) == []


def test_first_and_last_frame_are_encoded_even_where_both_are_missing():
    assert encoded(work("WanFirstLastFrameToVideo", WAN, **SIZE)[1]) == [(5, 12, 8)]


@pytest.mark.parametrize(("reference", "frames", "trim"), [({}, 5, 0), ({"reference_image": FRAME}, 6, 1)])
def test_vace_encodes_its_video_twice_and_puts_a_reference_before_it(reference, frames, trim):
    inputs = WAN | {"control_video": image(7, 40, 40)} | reference
    gives, steps = work("WanVaceToVideo", inputs, **SIZE, strength=1.0)
    assert sides(gives[2]) == (1, frames, 12, 8)
    assert gives[3] == trim
    assert encoded(steps) == [(1, 12, 8)] * trim + [(5, 12, 8)] * 2


def test_trimming_takes_latent_frames_off():
    gives, _ = work("TrimVideoLatent", {"samples": latent(1, 6, 12, 8)}, trim_amount=1)
    assert sides(gives[0]) == (1, 5, 12, 8)


def test_subjects_of_phantom_are_seen_behind_the_video():
    gives, steps = work("WanPhantomSubjectToVideo", WAN | {"images": image(3, 40, 40)}, **SIZE)
    assert [one.more for one in gives[:3]] == [3 * 12 * 8] * 3
    assert encoded(steps) == [(1, 12, 8)] * 3


def test_what_a_model_sees_beside_the_video_counts_as_frames_of_its_step():
    size = {"width": 832, "height": 480, "length": 81, "batch_size": 1}
    prompt = {
        "1": node("UNETLoader", unet_name="wan2.1_t2v_14B_fp16.safetensors", weight_dtype="default"),
        "2": node("CLIPLoader", clip_name="umt5_xxl_fp16.safetensors", type="wan", device="default"),
        "3": node("CLIPTextEncode", text="x", clip=["2", 0]),
        "4": WAN["vae"],
        "5": image(2, 480, 832),
    }
    links = {"positive": ["3", 0], "negative": ["3", 0], "vae": ["4", 0], "images": ["5", 0]}
    prompt["6"] = node("WanPhantomSubjectToVideo", **size, **links)
    drawn = {"model": ["1", 0], "positive": ["6", 0], "negative": ["6", 2], "latent_image": ["6", 3]}
    prompt["7"] = node("KSampler", steps=4, cfg=5.0, sampler_name="euler", **drawn)
    (gives, (step,)) = whole(prompt, "7")
    assert sides(step.shape) == (1, 23, 60, 104)
    assert sides(gives[0]) == (1, 21, 60, 104)


def test_earlier_frames_of_a_sounding_video_are_seen_smaller():
    inputs = WAN | {"ref_image": FRAME, "ref_motion": image(9, 40, 40), "control_video": image(90, 40, 40)}
    gives, steps = work("WanSoundImageToVideo", inputs, **SIZE)
    assert (gives[0].reference, gives[0].more) == (12 * 8, 12 * 8 * 3 // 2)
    assert sorted(encoded(steps)) == [(1, 12, 8), (5, 12, 8), (19, 12, 8)]


@pytest.mark.parametrize(("offset", "poses"), [(0, [(5, 12, 8)]), (12, [])])
def test_a_character_comes_before_its_video(offset, poses):
    inputs = WAN | {"reference_image": FRAME, "pose_video": image(9, 40, 40)}
    motion = {"continue_motion_max_frames": 5, "video_frame_offset": offset}
    gives, steps = work("WanAnimateToVideo", inputs, **SIZE, **motion)
    assert sides(gives[2]) == (1, 6, 12, 8)
    assert gives[3:] == (1, 0, offset + 17)
    assert encoded(steps) == [(1, 12, 8), *poses, (5, 12, 8)]


def test_a_video_that_goes_on_says_which_frames_to_cut():
    inputs = WAN | {"continue_motion": image(9, 40, 40)}
    motion = {"continue_motion_max_frames": 5, "video_frame_offset": 12}
    gives, _ = work("WanAnimateToVideo", inputs, **SIZE, **motion)
    assert gives[4:] == (5, 7 + 17)


def test_poses_of_scail_have_half_the_size_and_each_reference_is_a_frame():
    inputs = WAN | {"reference_image": image(3, 30, 30), "pose_video": image(11, 40, 40)}
    pose = {"pose_strength": 1.0, "pose_start": 0.0, "pose_end": 1.0, "replacement_mode": False}
    gives, steps = work(
        "WanSCAILToVideo", inputs, **SIZE, **pose, video_frame_offset=0, previous_frame_count=5
    )
    assert gives[0].reference + gives[0].more == 3 * 12 * 8
    assert encoded(steps) == [(1, 12, 8)] * 3 + [(3, 6, 4)]


def test_sources_and_references_of_bernini_are_seen_with_the_video():
    inputs = WAN | {"source_video": image(9, 40, 40), "reference_video": image(5, 1000, 400)}
    gives, steps = work("BerniniConditioning", inputs, **SIZE, ref_max_size=848)
    assert encoded(steps) == [(3, 12, 8), (2, 106, 42)]
    assert gives[0].more == 3 * 12 * 8 + 2 * 106 * 42


@pytest.mark.parametrize(("start", "batch", "masked"), [({}, 1, False), ({"start_image": FRAME}, 2, True)])
def test_wan_5b_makes_a_mask_of_a_start(start, batch, masked):
    gives, _ = work("Wan22ImageToVideoLatent", WAN22 | start, **SIZE | {"batch_size": 2})
    assert sides(gives[0]) == (batch, 5, 6, 4)
    assert gives[0].masked == masked


@pytest.mark.parametrize(
    ("count", "at", "frames", "seen"),
    [(1, 0, 14, 1), (1, -1, 14, 1), (9, 0, 15, 2), (9, 8, 14, 2), (17, 16, 15, 3), (17, -33, 15, 3)],
)
def test_a_guide_goes_behind_the_latent(count, at, frames, seen):
    inputs = LTX | BOTH | {"image": image(count, 40, 40), "latent": ltx_latent()}
    gives, steps = work("LTXVAddGuide", inputs, frame_idx=at, strength=1.0)
    assert sides(gives[2]) == (1, frames, 4, 6)
    assert gives[2].masked
    assert encoded(steps) == [(seen, 4, 6)]


def test_cropping_takes_all_guides_off():
    prompt = {
        "1": node("CLIPLoader", clip_name="umt5_xxl_fp16.safetensors", type="wan", device="default"),
        "2": node("CLIPTextEncode", text="x", clip=["1", 0]),
        "3": LTX["vae"],
        "4": ltx_latent(),
        "5": image(9, 40, 40),
    }
    links = {"positive": ["2", 0], "negative": ["2", 0], "vae": ["3", 0], "image": ["5", 0]}
    prompt["6"] = node("LTXVAddGuide", **links, latent=["4", 0], frame_idx=0, strength=1.0)
    links |= {"positive": ["6", 0], "negative": ["6", 1], "latent": ["6", 2]}
    prompt["7"] = node("LTXVAddGuide", **links, frame_idx=16, strength=1.0)
    prompt["8"] = node("LTXVCropGuides", positive=["7", 0], negative=["7", 1], latent=["7", 2])
    assert whole(prompt, "7")[0][2].frames == 16
    assert whole(prompt, "8")[0][2].frames == 13
    assert [one.guides for one in whole(prompt, "8")[0][:2]] == [0, 0]


def test_a_start_in_place_is_encoded_at_the_latent_s_size():
    inputs = LTX | {"image": image(9, 40, 40), "latent": ltx_latent()}
    gives, steps = work("LTXVImgToVideoInplace", inputs, strength=1.0, bypass=False)
    assert (sides(gives[0]), gives[0].masked) == ((1, 13, 4, 6), True)
    assert encoded(steps) == [(2, 4, 6)]
    gives, steps = work("LTXVImgToVideoInplace", inputs, strength=1.0, bypass=True)
    assert (gives[0].masked, steps) == (False, [])


def test_a_noise_mask_makes_ltx_video_pay_for_a_time_step_of_each_token():
    (masked,) = sampled(LTX | BOTH | {"image": FRAME}, "LTXVImgToVideo")
    (plain,) = sampled({}, "EmptyLTXVLatentVideo")
    assert (masked.law, plain.law) == ("forward_masked", "forward")
    assert sides(masked.shape) == sides(plain.shape)


def test_two_guidances_take_one_pass_where_neither_needs_the_negative():
    for video, sound, conditions in ((1, 1, 1), (1.0, 7.0, 2), (3.0, 3.0, 2)):
        inputs = BOTH | {"model": node("UNETLoader", unet_name="x.safetensors", weight_dtype="default")}
        gives, _ = work("LTXVDualCFGGuider", inputs, video_cfg=video, audio_cfg=sound)
        assert len(gives[0].conditionings) == conditions


@pytest.mark.parametrize(
    ("length", "frames", "steps"), [(1, 2, 8), (5, 2, 8), (22, 7, 37), (23, 12, 65), (124, 37, 207)]
)
def test_minimax_h3_takes_whole_groups_of_frames(length, frames, steps):
    gives, _ = work("EmptyMiniMaxH3LatentAV", width=64, height=96, length=length)
    assert sides(gives[0]) == (1, frames, 6, 4)
    assert [sides(one) for one in gives[0].beside] == [(1, 1, 2, steps)]


def test_minimax_h3_decodes_to_as_many_frames_as_were_asked_for():
    inputs = {
        "samples": node("EmptyMiniMaxH3LatentAV", width=64, height=96, length=124),
        "vae": vae("minimax_h3_video_vae_fp16.safetensors"),
    }
    gives, _ = work("VAEDecode", inputs)
    assert gives[0].count == 124


def test_references_of_minimax_h3_come_at_their_own_size():
    inputs = {
        "clip": node("CLIPLoader", clip_name="qwen3vl_32b_minimax_h3_bf16.safetensors", type="minimax"),
        "vae": vae("minimax_h3_video_vae_fp16.safetensors"),
        "ref_images.ref_image_0": image(1, 2000, 3000),
        "ref_images.ref_image_1": image(1, 300, 200),
        "ref_videos.ref_video_0": image(100, 720, 1280),
    }
    size = {"width": 1344, "height": 768, "length": 124, "ref_image_size": "match"}
    gives, steps = work("MiniMaxH3ReferenceToVideo", inputs, prompt="x", **size)
    assert encoded(steps) == [(1, 52, 78), (1, 18, 12), (27, 44, 80)]
    assert gives[0].more == 99312


@pytest.mark.parametrize(
    ("frames", "each", "overlap", "parts"),
    [(20, 21, 0, [6, 6, 6, 2]), (20, 21, 2, [6, 6, 6, 6, 4]), (3, 21, 0, [3]), (9, 5, 1, [2] * 8)],
)
def test_seedvr_cuts_a_video_in_parts_and_joins_them_again(frames, each, overlap, parts):
    prompt = {
        "1": latent(1, frames, 4, 4),
        "2": node(
            "SeedVR2TemporalChunk",
            **{"latent": ["1", 0], "temporal_overlap": overlap, "chunking_mode": "manual"},
            **{"chunking_mode.frames_per_chunk": each},
        ),
        "3": node("SeedVR2TemporalMerge", latents=["2", 0], temporal_overlap=["2", 1]),
    }
    assert [one.frames for one in whole(prompt, "2")[0][0].items] == parts
    assert sides(whole(prompt, "3")[0][0]) == (1, frames, 4, 4)


def test_void_takes_an_even_number_of_latent_frames():
    inputs = BOTH | {"vae": vae("cogvideox_vae.safetensors"), "video": image(40, 40, 40)}
    gives, steps = work("VOIDInpaintConditioning", inputs, **SIZE)
    assert sides(gives[2]) == (1, 4, 12, 8)
    assert encoded(steps) == [(4, 12, 8)] * 2


def test_a_video_of_svd_is_a_batch():
    inputs = {
        "clip_vision": node("CLIPVisionLoader", clip_name="clip_vision_h.safetensors"),
        "init_image": FRAME,
        "vae": vae("sdxl_vae.safetensors"),
    }
    gives, steps = work("SVD_img2vid_Conditioning", inputs, width=1024, height=576, video_frames=14)
    assert sides(gives[2]) == (14, 1, 72, 128)
    assert [step.law for step in steps] == ["encode_image", "encode"]


def ltx_latent():
    return node("EmptyLTXVLatentVideo", width=192, height=128, length=97, batch_size=1)


def sampled(inputs, class_type):
    """The steps of sampling what a node gives with LTX-Video 2B."""
    prompt = {
        "1": node("UNETLoader", unet_name="ltx-video-2b-v0.9.5.safetensors", weight_dtype="default"),
        "2": node("CLIPLoader", clip_name="t5xxl_fp16.safetensors", type="ltxv", device="default"),
        "3": node("CLIPTextEncode", text="x", clip=["2", 0]),
    }
    links = {name: ["3", 0] for name, given in inputs.items() if given == "prompt"}
    for name, given in inputs.items():
        if given != "prompt":
            prompt[name], links[name] = given, [name, 0]
    prompt["4"] = node(class_type, width=768, height=512, length=97, batch_size=1, **links)
    slot = 2 if links else 0
    drawn = {"model": ["1", 0], "positive": ["3", 0], "negative": ["3", 0], "latent_image": ["4", slot]}
    prompt["5"] = node("KSampler", steps=4, cfg=3.0, sampler_name="euler", **drawn)
    return whole(prompt, "5")[1]


@pytest.mark.parametrize(
    ("width", "height", "expected"), [(1920, 1088, (68, 120)), (0, 544, (34, 68)), (0, 0, (16, 32))]
)
def test_hunyuan_s_upscaler_works_at_the_size_that_its_node_asks_for(width, height, expected):
    inputs = {
        "model": node("LatentUpscaleModelLoader", model_name="x.safetensors"),
        "samples": node("EmptyHunyuanVideo15Latent", width=512, height=256, length=17, batch_size=1),
    }
    gives, steps = work("HunyuanVideo15LatentUpscaleWithModel", inputs, width=width, height=height)
    assert sides(gives[0]) == (1, 5, *expected)
    assert [(one.law, sides(one.shape)) for one in steps] == [("upscale_latent", (1, 5, *expected))][
        : len(steps)
    ]
    assert bool(steps) == bool(width or height)


@pytest.mark.parametrize(
    ("class_type", "given", "widgets"),
    [
        ("WanDancerPadKeyframesList", {"images": FRAME}, {"num_segments": 10**9}),
        ("SeedVR2TemporalChunk", {"latent": latent(1, 10**6, 4, 4)}, {"chunking_mode.frames_per_chunk": 5}),
        ("EmptyMiniMaxH3LatentAV", {}, {"width": 64, "height": 64, "length": "many"}),
        ("WanVaceToVideo", WAN, {"width": None, "height": 64, "length": 17}),
    ],
)
def test_what_no_node_can_do_is_not_known(class_type, given, widgets):
    mode = {"chunking_mode": "manual"} if class_type.startswith("Seed") else {}
    gives, _ = work(class_type, given, **widgets, **mode)
    assert any(hasattr(one, "reason") for one in gives)
