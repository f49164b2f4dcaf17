"""chunked-video: SeedVR2 in parts of as many frames as fit."""

from advising import case_of, kept_promises, offered
from prompts import node, wan
from vram_forecast.estimator.advice.rules import chunked_video
from vram_forecast.estimator.workflow.graph import Link


def restored(frames=121):
    """A video of so many frames restored by SeedVR2."""
    sampler = {
        "seed": 1,
        "steps": 1,
        "cfg": 1.0,
        "sampler_name": "euler",
        "scheduler": "simple",
        "denoise": 1.0,
    }
    return {
        "1": node("UNETLoader", unet_name="seedvr2_3b_int8_convrot.safetensors", weight_dtype="default"),
        "3": node("VAELoader", vae_name="seedvr2_ema_vae_fp16.safetensors"),
        "4": node("EmptyImage", width=1280, height=720, batch_size=frames, color=0),
        "5": node("SeedVR2Preprocess", resized_images=["4", 0]),
        "6": node("VAEEncodeTiled", pixels=["5", 0], vae=["3", 0], tile_size=512, overlap=128),
        "7": node("SeedVR2Conditioning", model=["1", 0], vae_conditioning=["6", 0]),
        "8": node(
            "KSampler",
            model=["1", 0],
            positive=["7", 0],
            negative=["7", 1],
            latent_image=["6", 0],
            **sampler,
        ),
        "9": node("VAEDecodeTiled", samples=["8", 0], vae=["3", 0], tile_size=512, overlap=128),
        "10": node("SaveImage", images=["9", 0], filename_prefix="x"),
    }


def test_a_video_is_split_before_the_sampler_and_its_conditions_and_merged_behind_it():
    case = case_of(restored(), gpu="rtx-2060")
    assert (case.forecast.verdict, case.forecast.where.node) == ("oom", "8")
    change = kept_promises(chunked_video, case)[0]
    after = case.after(change).graph
    (split,), (merge,) = after.of_type("SeedVR2TemporalChunk"), after.of_type("SeedVR2TemporalMerge")
    assert split.inputs["chunking_mode.frames_per_chunk"] % 4 == 1
    assert [
        after.nodes[key].inputs[name] for key, name in (("8", "latent_image"), ("7", "vae_conditioning"))
    ] == [Link(split.id, 0)] * 2
    assert merge.inputs == {"latents": Link("8", 0), "temporal_overlap": Link(split.id, 1)}
    assert after.nodes["9"].inputs["samples"] == Link(merge.id, 0)


def test_longer_parts_would_not_run():
    case = case_of(restored(), gpu="rtx-2060")
    first = next(iter(offered(chunked_video, case)))
    longer = chunked_video.changed(case, *chunked_of(case), int(first) + 4)
    assert case.after(longer).forecast.verdict == "oom"


def chunked_of(case):
    step = next(one for one in case.workload.steps if one.node == "8")
    return step, chunked_video.latent_of(case, step)


def test_pictures_and_other_models_are_left_whole():
    assert offered(chunked_video, case_of(restored(1), vram=4)) == {}
    assert offered(chunked_video, case_of(wan(1280, 720), gpu="rtx-2060")) == {}
    assert offered(chunked_video, case_of(restored(), gpu="rtx-2060", comfy="0.27.0")) == {}
