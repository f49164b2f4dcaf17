"""Sound, 3D, ControlNets and upscale models: what each header is, and its bytes beside the published."""

import pytest
from vram_forecast.estimator.formats import read
from vram_forecast.estimator.models import identify

# The parts that rows of other tables tell (encoders, autoencoders) are theirs to test.
PARTS = {
    "ace_step_v1_3.5b": "ace-step-v1",
    "ace_step_1.5_turbo_aio": "ace-step-1.5",
    "acestep_v1.5_turbo": "ace-step-1.5",
    "acestep_v1.5_xl_turbo_bf16": "ace-step-1.5-xl",
    "stable-audio-open-1.0": "stable-audio-open",
    "stable_audio_3_medium": "stable-audio-3-medium",
    "minimax_music3_dit_fp16": "minimax-music-3",
    "hunyuan3d-dit-v2": "hunyuan3d-v2",
    "hunyuan3d-dit-v2-mv-turbo": "hunyuan3d-v2-turbo",
    "hunyuan3d-dit-v2-mini": "hunyuan3d-v2-mini",
    "hunyuan_3d_v2.1": "hunyuan3d-v2.1",
    "triposplat_fp16": "triposplat",
    "control_v11p_sd15_canny_fp16": "controlnet-sd15",
    "controlnet-canny-sdxl-1.0_fp16": "controlnet-sdxl-diffusers",
    "controlnet-union-sdxl-1.0": "controlnet-sdxl-union",
    "flux-controlnet-union-pro": "controlnet-flux-5-10",
    "flux-controlnet-union-pro-2.0": "controlnet-flux-6",
    "flux-canny-controlnet-v3": "controlnet-flux-xlabs",
    "sd3.5_large_controlnet_canny": "controlnet-sd35-large",
    "Qwen-Image-InstantX-ControlNet-Union": "controlnet-qwen-5",
    "Qwen-Image-InstantX-ControlNet-Inpainting": "controlnet-qwen-6",
    "Qwen-Image-2512-Fun-Controlnet-Union": "controlnet-qwen-fun",
    "t2iadapter_depth_sd15v2": "t2i-adapter",
    "t2i-adapter_xl_canny": "t2i-adapter-sdxl",
    "RealESRGAN_x4plus": "esrgan-x4",
    "RealESRGAN_x2plus": "esrgan-x2",
    "4x-UltraSharp": "esrgan-old-x4",
    "realesr-general-x4v3": "compact-32",
    "SwinIR-L_x4_GAN": "swinir-l",
    "Real_HAT_GAN_SRx4": "hat",
    "DAT_x4": "dat",
    "OmniSR_X4_DIV2K": "omnisr",
    "4x_SPAN": "span",
}
# Gigabytes of the published file, as its page says them (the header spec's source).
PUBLISHED = {
    "ace_step_v1_3.5b": 7.7,
    "acestep_v1.5_turbo": 4.79,
    "stable-audio-open-1.0": 4.85,
    "hunyuan3d-dit-v2": 4.93,
    "hunyuan_3d_v2.1": 7.37,
    "control_v11p_sd15_canny_fp16": 0.723,
    "controlnet-canny-sdxl-1.0_fp16": 2.5,
    "controlnet-union-sdxl-1.0": 2.51,
    "flux-controlnet-union-pro": 6.6,
    "flux-controlnet-union-pro-2.0": 4.28,
    "flux-canny-controlnet-v3": 1.49,
    "sd3.5_large_controlnet_canny": 8.65,
    "Qwen-Image-InstantX-ControlNet-Union": 3.54,
    "t2iadapter_depth_sd15v2": 0.309,
    "t2i-adapter_xl_canny": 0.158,
    "RealESRGAN_x4plus": 0.067,
}
OURS = ("diffusion_model", "controlnet", "t2i_adapter", "upscale_model")


@pytest.mark.parametrize(("slug", "expected"), PARTS.items(), ids=PARTS)
def test_a_header_is_of_one_row(slug, expected, sparse_model, tmp_path):
    found = identify(read(sparse_model(slug, tmp_path / "m.safetensors"))).components
    assert [expected] == [one.id for one in found if one.role in OURS]


@pytest.mark.parametrize(("slug", "gigabytes"), PUBLISHED.items(), ids=PUBLISHED)
def test_a_header_has_the_bytes_of_the_published_file(slug, gigabytes, sparse_model, tmp_path):
    table = read(sparse_model(slug, tmp_path / "m.safetensors"))
    assert gigabytes == pytest.approx(sum(one.nbytes for one in table.tensors.values()) / 1e9, rel=0.007)


def test_the_image_encoder_of_a_3d_checkpoint_is_told(sparse_model, tmp_path):
    found = identify(read(sparse_model("hunyuan3d-dit-v2", tmp_path / "m.safetensors"))).components
    assert ["dinov2-giant"] == [one.id for one in found if one.role == "clip_vision"]
