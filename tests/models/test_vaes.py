"""VAEs: what each header is taken for, its bytes against published sizes, and its row in other tables."""

import json

import pytest
from vram_forecast.estimator import facts
from vram_forecast.estimator.models import identify, rows
from vram_forecast.estimator.models.published import published, stand_in
from vram_forecast.estimator.workflow.latents import latent_format

# Header: what it is, and the megabytes of the published weights where they are known.
CASES = {
    "flux2-vae": ("flux2-vae", 336),
    "full_encoder_small_decoder": ("flux2-vae-small", None),
    "svd_vae": ("svd-vae", None),
    "taesd": ("taesd-4", None),
    "taef1": ("taesd-16", None),
    "stage_a": ("cascade-stage-a", 73.7),
    "stable_cascade_stage_c_vae": ("cascade-stage-c", None),
    "hunyuan_image_2.1_vae_fp16": ("hunyuan-image-vae", None),
    "hunyuan_image_refiner_vae_fp16": ("hunyuan-refiner-vae", None),
    "mage_flow_vae_bf16": ("mage-vae", None),
    "pixel_space": ("pixel-space", None),
    "qwen_image_layered_vae": ("wan21-vae-alpha", None),
    "wan2.2_vae": ("wan22-vae", 1410),
    "hunyuan_video_vae_bf16": ("hunyuan-video-vae", 493),
    "hunyuanvideo15_vae_fp16": ("hunyuan-video15-vae", None),
    "ltxv-0.9.0_vae": ("ltxv-vae-090", 838),
    "ltxv-0.9.1_vae": ("ltxv-vae-091", None),
    "ltxv-0.9.5_vae": ("ltxv-vae-095", None),
    "LTX2_video_vae_bf16": ("ltx2-vae", None),
    "ltx-2.5-video-vae-conv-bf16": ("ltx23-vae", 1452.3),
    "ltx-2.5-audio-vae-bf16": ("ltx23-audio-vae", 364.9),
    "ltx-2.5-video-vae-bf16": ("ltx24-vae", None),
    "cosmos_cv8x8x8_1.0": ("cosmos-vae", 211),
    "mochi_vae": ("mochi-vae", 919),
    "cogvideox_vae": ("cogvideox-vae", 431),
    "seedvr2_ema_vae_fp16": ("seedvr2-vae", 501),
    "taew2_1": ("taehv-16", 22.6),
    "taew2_2": ("taehv-48", None),
    "taeltx2": ("taehv-128", None),
    "lighttaehv1_5": ("taehv-32", None),
    "minimax_h3_video_vae_fp16": ("minimax-h3-vae", None),
    "stable_audio_open_vae": ("oobleck", None),
    "ace_1.5_vae": ("ace15-vae", 337),
    "stable_audio_3_vae_large": ("stable-audio-3-large", None),
    "stable_audio_3_vae_small": ("stable-audio-3-small", None),
    "ace_step_v1_vae": ("ace-dcae", None),
    "LTX2_audio_vae_bf16": ("ltx2-audio-vae", None),
    "mmaudio_vae_16k": ("mmaudio-vae", None),
    "minimax_h3_audio_vae_fp32": ("minimax-h3-audio-vae", None),
    "minimax_music3_dav": ("minimax-music3-dav", None),
    "hunyuan3d_vae": ("hunyuan3d-vae", None),
    "triposplat_vae_decoder_fp16": ("triposplat-decoder", None),
}
VAES = [row for row in rows() if row.role == "vae"]


@pytest.mark.parametrize("slug", CASES)
def test_a_vae_is_what_it_is_and_as_large_as_published(slug):
    kind, megabytes = CASES[slug]
    (found,) = identify(stand_in(slug, slug)).components
    assert kind == found.id
    if megabytes:
        assert megabytes == pytest.approx(found.file_bytes / 1e6, rel=0.005)


def test_every_vae_has_a_header_and_a_published_name():
    known = {kind for kind, _ in CASES.values()} | {"kl-4", "kl-16", "wan21-vae", "ace15-vae-parametrized"}
    assert {row.id for row in VAES} == known


@pytest.mark.parametrize("row", VAES, ids=lambda row: row.id)
def test_what_a_vae_refers_to_is_there(row):
    assert not row.latent or latent_format(row.latent).channels
    assert not row.costs or f"costs/{row.costs}" in facts.names("costs")


@pytest.mark.parametrize(
    "name", ["wan2.2_vae.safetensors", "qwen_image_vae.safetensors", "flux2-vae.safetensors", "taesd"]
)
def test_a_vae_that_is_not_on_disk_stands_in_by_its_name(name):
    (found,) = identify(published("vae", name)).components
    assert "vae" == found.role


def test_a_file_that_tells_its_shape_keeps_its_words():
    told = facts.header("LTX2_video_vae_bf16")["metadata"]["config"]
    assert json.loads(told)["vae"]["timestep_conditioning"] is False


def test_the_vae_of_an_ace_step_checkpoint_is_told_by_its_other_names():
    slug = "ace_step_1.5_turbo_aio"
    found = {part.role: part.id for part in identify(stand_in(slug, slug)).components}
    assert "ace15-vae-parametrized" == found["vae"]
