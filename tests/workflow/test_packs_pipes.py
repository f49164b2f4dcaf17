"""Pipes, switches and detailers of packs."""

from looking import SAMPLING, lowered, said, sampled, sdxl, sizes, steps
from prompts import node


def test_a_context_hands_on_what_nobody_replaces():
    prompt = sdxl() | sampled(["3", 1], ["3", 6], ("3", 4), ("3", 5))
    prompt["2"] = node(
        "Context (rgthree)", model=["1", 0], clip=["1", 1], vae=["1", 2], positive=["5", 0], negative=["6", 0]
    )
    prompt["4"] = node("EmptyLatentImage", width=1024, height=1024, batch_size=2)
    prompt["3"] = node("Context (rgthree)", base_ctx=["2", 0], latent=["4", 0])
    work = lowered(prompt)
    (sample,) = steps(work, "sample")
    assert (sample.shape.batch, sample.shape.height, sample.conditions) == (2, 128, 2)
    assert not work.unknown


def test_a_value_of_a_pipe_may_be_unknown_and_the_others_not():
    prompt = sdxl() | sampled(["3", 1], ["4", 0], ("3", 4), ("3", 5))
    prompt["2"] = node("VAELoader", vae_name="mine.safetensors")
    prompt["4"] = node("EmptyLatentImage", width=1024, height=1024, batch_size=1)
    prompt["7"] = node("VAEDecode", samples=["4", 0], vae=["2", 0])
    prompt["3"] = node(
        "Context (rgthree)", model=["1", 0], images=["7", 0], positive=["5", 0], negative=["6", 0]
    )
    assert sizes(lowered(prompt), "sample") == [(1, 128, 128, 20)]


def test_a_detailer_samples_a_crop_of_the_largest_size_and_says_so():
    prompt = sdxl() | {
        "2": node("EmptyImage", width=2048, height=1024, batch_size=1, color=0),
        "3": node(
            "ToBasicPipe", model=["1", 0], clip=["1", 1], vae=["1", 2], positive=["5", 0], negative=["6", 0]
        ),
        "4": node("UltralyticsDetectorProvider", model_name="bbox/face_yolov8m.pt"),
        "7": node("BasicPipeToDetailerPipe", basic_pipe=["3", 0], bbox_detector=["4", 0], wildcard=""),
        "8": node(
            "FaceDetailerPipe", image=["2", 0], detailer_pipe=["7", 0], max_size=768.0, cycle=2, **SAMPLING
        ),
        "10": node("SaveImage", images=["8", 0], filename_prefix="x"),
    }
    work = lowered(prompt)
    assert sizes(work, "sample") == [(1, 96, 96, 40)]
    assert sizes(work, "encode_image") == sizes(work, "decode") == [(1, 96, 96, 1)]
    assert "crop" in said(work)["FaceDetailerPipe"]
    assert not work.unknown


def test_a_switch_of_a_pack_takes_the_input_of_its_number():
    prompt = sdxl() | sampled(["1", 0], ["4", 0])
    prompt["2"] = node("EmptyLatentImage", width=512, height=512, batch_size=1)
    prompt["3"] = node("EmptyLatentImage", width=1024, height=1024, batch_size=1)
    prompt["4"] = node("ImpactSwitch", select=2, sel_mode=False, input1=["2", 0], input2=["3", 0])
    assert sizes(lowered(prompt), "sample") == [(1, 128, 128, 20)]


def test_a_latent_goes_through_one_vae_and_back_through_another():
    prompt = sdxl() | sampled(["1", 0], ["4", 0])
    prompt["2"] = node("EmptyLatentImage", width=768, height=1024, batch_size=1)
    prompt["4"] = node(
        "ReencodeLatent",
        samples=["2", 0],
        input_vae=["1", 2],
        output_vae=["1", 2],
        tile_mode="Decode(input) only",
        tile_size=512,
    )
    work = lowered(prompt)
    assert [(step.kind, step.tile) for step in work.steps if step.kind in ("decode", "encode_image")][:2] == [
        ("decode", 64),
        ("encode_image", 0),
    ]
    assert sizes(work, "sample") == [(1, 128, 96, 20)]
    assert not work.unknown


def test_a_guider_that_is_no_guider_is_said_and_not_raised():
    prompt = sdxl() | {
        "2": node("EmptyLatentImage", width=512, height=512, batch_size=1),
        "3": node("BasicScheduler", model=["1", 0], steps=4, denoise=1.0),
        "4": node("SamplerCustomAdvanced", guider=7, sampler="euler", sigmas=["3", 0], latent_image=["2", 0]),
        "10": node("SaveLatent", samples=["4", 0], filename_prefix="x"),
    }
    (sample,) = steps(lowered(prompt), "sample")
    assert sample.unknown


def test_fewer_than_no_steps_are_none():
    prompt = sdxl() | sampled(["1", 0], ["2", 0])
    prompt["2"] = node("EmptyLatentImage", width=512, height=512, batch_size=1)
    prompt["8"]["inputs"]["steps"] = -5
    assert sizes(lowered(prompt), "sample") == [(1, 64, 64, 0)]
