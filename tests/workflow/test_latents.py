"""Latents from latents, with the sizes that ComfyUI 0.33.0's own nodes give them."""

import pytest
from at_work import latent, node, sides, whole, work

SMALL = latent(3, 1, 64, 80)


@pytest.mark.parametrize(
    ("class_type", "widgets", "expected"),
    [
        ("LatentCrop", {"width": 128, "height": 256, "x": 0, "y": 0}, (3, 1, 32, 16)),
        ("LatentCrop", {"width": 512, "height": 512, "x": 400, "y": 100}, (3, 1, 52, 30)),
        ("LatentCrop", {"width": 64, "height": 64, "x": 8, "y": 5000}, (3, 1, 8, 8)),
        ("LatentRotate", {"rotation": "90 degrees"}, (3, 1, 80, 64)),
        ("LatentRotate", {"rotation": "180 degrees"}, (3, 1, 64, 80)),
        ("LatentFlip", {"flip_method": "x-axis: vertically"}, (3, 1, 64, 80)),
        ("LatentFromBatch", {"batch_index": 1, "length": 5}, (2, 1, 64, 80)),
        ("LatentFromBatch", {"batch_index": -1, "length": 2}, (1, 1, 64, 80)),
        ("LatentFromBatch", {"batch_index": 9, "length": 3}, (1, 1, 64, 80)),
        ("RepeatLatentBatch", {"amount": 3}, (9, 1, 64, 80)),
        ("LatentUpscale", {"width": 1000, "height": 0}, (3, 1, 100, 125)),
        ("LatentUpscale", {"width": 30, "height": 900}, (3, 1, 112, 8)),
        ("LatentUpscale", {"width": 0, "height": 0}, (3, 1, 64, 80)),
        ("LatentCut", {"dim": "x", "index": 70, "amount": 40}, (3, 1, 64, 10)),
        ("LatentCut", {"dim": "y", "index": -5, "amount": 40}, (3, 1, 5, 80)),
        ("LatentCutToBatch", {"dim": "x", "slice_size": 30}, (6, 1, 64, 30)),
        ("LatentCutToBatch", {"dim": "y", "slice_size": 500}, (3, 1, 64, 80)),
    ],
)
def test_a_latent_gets_the_size_that_comfyui_gives_it(class_type, widgets, expected):
    gives, _ = work(class_type, {"samples": SMALL}, **widgets)
    assert sides(gives[0]) == expected


@pytest.mark.parametrize(
    ("class_type", "widgets", "expected"),
    [
        ("LatentConcat", {"dim": "-x"}, (3, 1, 64, 90)),
        ("LatentConcat", {"dim": "t"}, (3, 2, 64, 80)),
        ("LatentBatch", {}, (5, 1, 64, 80)),
        ("LatentAdd", {}, (3, 1, 64, 80)),
        ("LatentBlend", {"blend_factor": 0.5}, (3, 1, 64, 80)),
    ],
)
def test_two_latents_become_one(class_type, widgets, expected):
    gives, _ = work(class_type, {"samples1": SMALL, "samples2": latent(2, 1, 64, 10)}, **widgets)
    assert sides(gives[0]) == expected


def test_video_latents_are_cut_and_joined_along_time():
    given = {"samples": latent(1, 9, 4, 6)}
    assert sides(work("LatentCut", given, dim="t", index=2, amount=3)[0][0]) == (1, 3, 4, 6)
    assert sides(work("LatentCutToBatch", given, dim="t", slice_size=4)[0][0]) == (2, 4, 4, 6)


def test_a_list_of_latents_is_batched_anew():
    gives, _ = work("RebatchLatents", {"latents": latent(7, 1, 4, 6)}, batch_size=3)
    assert [sides(one) for one in gives[0].items] == [(3, 1, 4, 6), (3, 1, 4, 6), (1, 1, 4, 6)]


@pytest.mark.parametrize("size", [0, -1])
def test_a_batch_of_nothing_is_not_known(size):
    gives, _ = work("RebatchLatents", {"latents": latent(7, 1, 4, 6)}, batch_size=size)
    assert "cannot be worked out" in gives[0].reason


@pytest.mark.parametrize(
    ("class_type", "widgets", "expected"),
    [
        ("EmptyChromaRadianceLatentImage", {}, (2, 1, 768, 1024)),
        ("EmptyHiDreamO1LatentImage", {}, (2, 1, 768, 1024)),
        ("EmptyQwenImageLayeredLatentImage", {"layers": 3}, (2, 4, 96, 128)),
        ("StableCascade_EmptyLatentImage", {"compression": 42}, (2, 1, 18, 24)),
        ("EmptyMochiLatentVideo", {"length": 25}, (2, 5, 96, 128)),
        ("EmptyCosmosLatentVideo", {"length": 121}, (2, 16, 96, 128)),
        ("EmptyLTXVLatentVideo", {"length": 97}, (2, 13, 24, 32)),
    ],
)
def test_an_empty_latent_has_its_model_s_cells(class_type, widgets, expected):
    gives, _ = work(class_type, width=1024, height=768, batch_size=2, **widgets)
    assert sides(gives[0]) == expected


def video_with_sound():
    prompt = {
        "video": node("EmptyLTXVLatentVideo", width=768, height=512, length=97, batch_size=1),
        "vae": node("LTXVAudioVAELoader", ckpt_name="ltx-2-19b-dev.safetensors"),
        "sound": node(
            "LTXVEmptyLatentAudio", frames_number=97, frame_rate=25, batch_size=1, audio_vae=["vae", 0]
        ),
        "both": node("LTXVConcatAVLatent", video_latent=["video", 0], audio_latent=["sound", 0]),
    }
    return prompt | {"apart": node("LTXVSeparateAVLatent", av_latent=["both", 0])}


def test_a_video_and_its_sound_are_one_latent_and_come_apart_again():
    (both,), _ = whole(video_with_sound(), "both")
    assert (sides(both), [sides(one) for one in both.beside]) == ((1, 13, 16, 24), [(1, 1, 97, 16)])
    (video, heard), _ = whole(video_with_sound(), "apart")
    assert (sides(video), video.beside, sides(heard)) == ((1, 13, 16, 24), (), (1, 1, 97, 16))


def test_another_sound_is_fitted_to_the_one_that_it_replaces():
    prompt = video_with_sound() | {
        "other": node("LTXVEmptyLatentAudio", frames_number=50, frame_rate=25, audio_vae=["vae", 0]),
        "again": node("LTXVConcatAVLatent", video_latent=["both", 0], audio_latent=["other", 0]),
    }
    assert [sides(one) for one in whole(prompt, "again")[0][0].beside] == [(1, 1, 97, 16)]


def test_a_latent_alone_does_not_come_apart():
    gives, _ = work("LTXVSeparateAVLatent", {"av_latent": latent(1, 5, 4, 6)})
    assert ["cannot be worked out" in one.reason for one in gives] == [True, True]


def test_a_sampler_keeps_the_sound_beside_its_video():
    prompt = video_with_sound() | {
        "model": node("CheckpointLoaderSimple", ckpt_name="ltx-2-19b-dev.safetensors"),
        "clip": node("CLIPLoader", clip_name="gemma_3_12B_it_fp8_scaled.safetensors", type="ltxv"),
        "text": node("CLIPTextEncode", text="x", clip=["clip", 0]),
    }
    ends = {"positive": ["text", 0], "negative": ["text", 0], "latent_image": ["both", 0]}
    prompt["drawn"] = node("KSampler", model=["model", 0], steps=8, cfg=1.0, sampler_name="euler", **ends)
    (gives,), (step,) = whole(prompt, "drawn")
    assert sides(step.shape) == (1, 13, 16, 24)
    assert [sides(one) for one in gives.beside] == [(1, 1, 97, 16)]
