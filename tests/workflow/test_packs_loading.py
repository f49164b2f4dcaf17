"""Loaders of packs that do more than load, and samplers that decode."""

from looking import SAMPLING, SDXL, lowered, said, sampled, sdxl, sizes, steps
from prompts import node


def efficient(script=None, **widgets):
    """A picture by the efficiency nodes."""
    loader = {"vae_name": "Baked VAE", "lora_name": "None", "positive": "a lighthouse", "negative": "blurry"}
    loader |= {"empty_latent_width": 1024, "empty_latent_height": 768, "batch_size": 1}
    links = {"model": ["1", 0], "positive": ["1", 1], "negative": ["1", 2], "latent_image": ["1", 3]}
    links |= {"optional_vae": ["1", 4]} | ({"script": ["2", 0]} if script else {})
    return {
        "1": node("Efficient Loader", ckpt_name=SDXL, **(loader | widgets)),
        "3": node("KSampler (Efficient)", vae_decode="true", preview_method="auto", **(SAMPLING | links)),
        "4": node("SaveImage", images=["3", 5], filename_prefix="x"),
    } | ({"2": script} if script else {})


def test_a_loader_encodes_its_prompts_and_a_sampler_decodes():
    work = lowered(efficient())
    assert [step.kind for step in work.steps] == ["encode_text", "encode_text", "sample", "decode"]
    assert sizes(work, "sample") == [(1, 96, 128, 20)]


def test_a_loader_s_own_vae_goes_over_the_checkpoint_s():
    work = lowered(efficient(vae_name="sdxl_vae.safetensors"))
    (decode,) = steps(work, "decode")
    assert work.loaded[decode.components[0]].file == "sdxl_vae.safetensors"


def test_a_high_resolution_fix_samples_again():
    script = node(
        "HighRes-Fix Script", upscale_type="latent", hires_ckpt_name="(use same)", upscale_by=1.5,
        hires_steps=12, iterations=1, use_controlnet=False,
    )  # fmt: skip
    work = lowered(efficient(script))
    assert sizes(work, "sample") == [(1, 96, 128, 20), (1, 144, 192, 12)]
    assert sizes(work, "decode") == [(1, 144, 192, 1)]


def test_a_plot_is_forecast_as_one_picture():
    work = lowered(efficient(node("XY Plot", grid_spacing=0)))
    assert sizes(work, "sample") == [(1, 96, 128, 20)]
    assert "one is forecast" in said(work)["XY Plot"]


def test_loras_that_are_switched_off_are_not_loaded():
    prompt = sdxl() | sampled(["2", 0], ["4", 0])
    prompt["4"] = node("EmptyLatentImage", width=1024, height=1024, batch_size=1)
    prompt["2"] = node(
        "Power Lora Loader (rgthree)",
        model=["1", 0],
        clip=["1", 1],
        lora_1={"on": True, "lora": "a.safetensors", "strength": 1.0},
        lora_2={"on": False, "lora": "b.safetensors", "strength": 1.0},
        lora_3={"on": True, "lora": "c.safetensors", "strength": 0},
        lora_4={"on": True, "lora": "d.safetensors", "strength": 0, "strengthTwo": 0.5},
    )
    work = lowered(prompt)
    assert {one.file for one in work.loaded.values() if one.role == "lora"} == {
        "a.safetensors",
        "d.safetensors",
    }


def test_another_card_is_said_to_be_this_one():
    prompt = sdxl() | sampled(["2", 0], ["4", 0])
    prompt["4"] = node("EmptyLatentImage", width=1024, height=1024, batch_size=1)
    prompt["2"] = node(
        "UNETLoaderMultiGPU", unet_name="flux1-dev.safetensors", weight_dtype="default", device="cuda:1"
    )
    work = lowered(prompt)
    assert "another card" in said(work)["UNETLoaderMultiGPU"]
    prompt["2"]["inputs"]["device"] = "cuda:0"
    assert said(lowered(prompt)) == {}


def test_an_encoder_on_the_processor_stays_there():
    prompt = {
        "1": node("CLIPLoaderMultiGPU", clip_name="t5xxl_fp16.safetensors", type="wan", device="cpu"),
        "2": node("CLIPTextEncode", text="a lighthouse", clip=["1", 0]),
    }
    assert [one.device for one in lowered(prompt).loaded.values()] == ["cpu"]


def test_a_picture_for_an_adapter_is_seen_by_the_clip():
    prompt = sdxl() | sampled(["4", 0], ["2", 0])
    prompt["2"] = node("EmptyLatentImage", width=1024, height=1024, batch_size=1)
    prompt["3"] = node("CLIPVisionLoader", clip_name="clip_vision_h.safetensors")
    prompt["7"] = node("IPAdapterModelLoader", ipadapter_file="ip-adapter_sdxl_vit-h.safetensors")
    prompt["11"] = node("EmptyImage", width=512, height=640, batch_size=2, color=0)
    prompt["4"] = node(
        "IPAdapterAdvanced",
        model=["1", 0],
        ipadapter=["7", 0],
        image=["11", 0],
        clip_vision=["3", 0],
        weight=1.0,
    )
    work = lowered(prompt)
    (seen,) = steps(work, "encode_image")
    assert (seen.law, seen.shape.height, seen.shape.width, seen.shape.batch) == ("encode_image", 224, 224, 2)
    (sample,) = steps(work, "sample")
    assert [work.loaded[key].role for key in sample.components] == ["diffusion_model", "ip_adapter"]


def test_a_pipe_of_easy_use_carries_everything_to_its_sampler():
    prompt = {
        "1": node(
            "easy comfyLoader", ckpt_name=SDXL, vae_name="Baked VAE", lora_name="None", batch_size=1,
            resolution="1024 x 768", empty_latent_width=512, empty_latent_height=512,
            positive="a", negative="b",
        ),
        "2": node("easy preSampling", pipe=["1", 0], **SAMPLING),
        "3": node("easy kSampler", pipe=["2", 0], image_output="Preview", link_id=0, save_prefix="x"),
    }  # fmt: skip
    work = lowered(prompt)
    assert sizes(work, "sample") == [(1, 96, 128, 20)]
    assert sizes(work, "decode") == [(1, 96, 128, 1)]
    assert not work.unknown


def test_a_decoder_in_tiles_takes_one_of_them_at_a_time():
    prompt = {
        "1": node("VAELoader", vae_name="LTX2_video_vae_bf16.safetensors"),
        "2": node("EmptyLTXVLatentVideo", width=1216, height=704, length=121, batch_size=1),
        "3": node(
            "LTXVTiledVAEDecode",
            vae=["1", 0],
            latents=["2", 0],
            horizontal_tiles=2,
            vertical_tiles=2,
            overlap=6,
        ),
        "4": node("SaveImage", images=["3", 0], filename_prefix="x"),
    }
    assert sizes(lowered(prompt), "decode") == [(16, 14, 22, 4)]


def test_all_that_a_missing_checkpoint_holds_is_missing_for_the_same_reason():
    prompt = sdxl("mine.safetensors") | sampled(["1", 0], ["2", 0])
    prompt["2"] = node("EmptyLatentImage", width=1024, height=1024, batch_size=1)
    (decode,) = steps(lowered(prompt), "decode")
    assert decode.unknown == "`mine.safetensors` is not in the folder checkpoints"
