"""Networks beside a video model: latent upscalers, frame interpolation, optical flow."""

import pytest
from headers import lay
from vram_forecast.estimator.costs import Shape, cost
from vram_forecast.estimator.formats import read
from vram_forecast.estimator.models import identify
from vram_forecast.estimator.models.published import published, stand_in

UPSCALERS = "latent_upscale_models"


@pytest.mark.parametrize(
    ("folder", "name", "kind", "parameters"),
    [
        (UPSCALERS, "ltx-2-spatial-upscaler-x2-1.0.safetensors", "ltx2-latent-upscaler", 497_867_904),
        (UPSCALERS, "ltx-2.3-spatial-upscaler-x2-1.1.safetensors", "ltx2-latent-upscaler", 497_867_904),
        (UPSCALERS, "ltx-2.3-spatial-upscaler-x1.5-1.0.safetensors", "ltx2-latent-upscaler-15", 545_058_969),
        (
            UPSCALERS,
            "ltx-2-temporal-upscaler-x2-1.0.safetensors",
            "ltx-latent-upscaler-temporal",
            130_968_192,
        ),
        (UPSCALERS, "ltxv-spatial-upscaler-0.9.7.safetensors", "ltxv-latent-upscaler", 126_250_624),
        ("frame_interpolation", "film_net_fp16.safetensors", "film", 34_436_667),
        ("optical_flow", "raft_large_C_T_SKHT_V2-ff5fadd5.safetensors", "raft-large", 5_260_431),
    ],
)
def test_a_published_file_is_known_with_its_parameters(folder, name, kind, parameters):
    (component,) = identify(published(folder, name)).components
    assert (kind, parameters) == (component.id, component.parameters)


@pytest.mark.parametrize(
    ("slug", "expected"),
    [
        ("ltx-2-spatial-upscaler-x2-1.0", 995_743_504),
        ("ltx-2-spatial-upscaler-x2-1.0", 995_778_752),  # LTX-2.5's
        ("ltx-2-temporal-upscaler-x2-1.0", 261_944_000),  # LTX-2.5's
        ("ltx-2.5-audio-vae-bf16", 364_866_540),
        ("ltx-2.5-video-vae-conv-bf16", 1_452_269_922),
    ],
)
def test_a_header_has_the_bytes_of_the_published_file_less_its_own_header(slug, expected):
    longest = 250_000
    assert 0 <= expected - stand_in("x", slug).file_bytes < longest


@pytest.mark.parametrize("prefix", ["", "module.", "flownet."])
def test_rife_is_told_under_the_names_that_comfyui_takes(prefix, tmp_path):
    tensors = {"encode.cnn3.weight": [16, 4, 4, 4]}
    tensors |= {f"block{n}.conv0.1.0.weight": [64, 32, 3, 3] for n in range(5)}
    path = lay(tmp_path / "rife.safetensors", {prefix + n: ("F32", s) for n, s in tensors.items()})
    (component,) = identify(read(path)).components
    assert ("frame_interpolation_model", "rife") == (component.role, component.family)


@pytest.mark.parametrize(
    ("tensors", "kind", "hyper"),
    [
        (
            {
                "in_conv.conv.weight": [64, 32, 3, 3, 3],
                "out_conv.conv.weight": [32, 64, 3, 3, 3],
                **{f"blocks.{n}.block.0.conv.weight": [64, 64, 3, 3, 3] for n in range(6)},
            },
            "hunyuan15-latent-upscaler-720p",
            {"width": 64, "blocks": 6},
        ),
        (
            {
                "conv_in.conv.weight": [512, 32, 3, 3, 3],
                "conv_out.conv.weight": [32, 256, 3, 3, 3],
                "up.0.block.0.conv1.conv.weight": [512, 512, 3, 3, 3],
                "up.1.block.0.conv1.conv.weight": [256, 512, 3, 3, 3],
            },
            "hunyuan15-latent-upscaler-1080p",
            {"width": 512, "stages": 2},
        ),
    ],
)
def test_an_upscaler_of_hunyuan_latents_is_told_by_the_names_that_comfyui_asks_for(
    tensors, kind, hyper, tmp_path
):
    path = lay(tmp_path / "m.safetensors", {name: ("F16", shape) for name, shape in tensors.items()})
    (component,) = identify(read(path)).components
    assert ("latent_upscale_model", kind, hyper) == (component.role, component.id, component.hyper)


def test_the_video_vae_of_ltx_2_3_is_another_than_that_of_ltx_2():
    kinds = {
        slug: {one.id for one in identify(stand_in("x", slug)).components}
        for slug in ("ltx-2-19b-dev", "ltx-2.3-22b-dev")
    }
    assert {"ltx2-vae", "ltx2-audio-vae"} <= kinds["ltx-2-19b-dev"]
    assert {"ltx23-vae", "ltx23-audio-vae"} <= kinds["ltx-2.3-22b-dev"]


def forward(name, operation, frames=13):
    """The activations of one pass of a model."""
    shape = Shape(1, 128, frames, 16, 24)
    return cost(name, operation, shape, comfy="0.33.0", storage="native", compute_bytes=2).activations


def test_a_noise_mask_nearly_doubles_what_is_live_in_ltx_video():
    assert 1.5 * forward("ltxv-2b", "forward").best < forward("ltxv-2b", "forward_masked").best


def test_a_noise_mask_changes_nothing_for_a_model_that_has_no_law_of_it():
    assert forward("flux", "forward", 1) == forward("flux", "forward_masked", 1)
