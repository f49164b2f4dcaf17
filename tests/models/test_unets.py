"""Stable Diffusion 1, 2, 3 and their kin: told apart by their headers, with the parameters that they have."""

import json
from math import prod

import pytest
from vram_forecast.estimator import facts
from vram_forecast.estimator.formats import Tensor, TensorTable, size
from vram_forecast.estimator.models import identify
from vram_forecast.estimator.models.published import stand_in

# The diffusion model of each header, and its parameters in millions, as public model cards and papers say.
DIFFUSION = {
    "sd3.5_large": ("sd35-large", 8100),
    "sd3.5_large_fp8_scaled": ("sd35-large", 8100),
    "sd3.5_medium": ("sd35-medium", 2500),
    "sd3.5_medium_incl_clips_t5xxlfp8scaled": ("sd35-medium", 2500),
    "sd3_medium": ("sd3-medium", 2080),
    "svd_xt": ("svd", 1525),
    "lotus-depth-d-v1-1": ("lotus-d", 866),
    "sdpose_wholebody_fp16": ("sdpose", 866),
    "sd_xl_base_1.0": ("sdxl", 2567),
    "sd_xl_base_1.0_inpainting_0.1": ("sdxl-inpaint", 2567),
    "cosxl_edit": ("sdxl-edit", 2567),
    "SSD-1B-A1111": ("ssd-1b", 1300),
    "segmind-vega": ("segmind-vega", 745),
    "koala_700m_unet": ("koala-700m", 782),
    "koala_1b_unet": ("koala-1b", 1161),
    "v1-5-pruned-emaonly": ("sd15", 860),
    "sd-v1-5-inpainting": ("sd15-inpaint", 860),
    "instruct-pix2pix-00-22000": ("sd15-edit", 860),
    "v2-1_768-ema-pruned": ("sd2", 866),
    "512-inpainting-ema": ("sd2-inpaint", 866),
    "aura_flow_0.3": ("aura-flow", 6800),
    "hunyuan_dit_1.2": ("hunyuan-dit-1-2", 1500),
    "hunyuan_dit_1.0": ("hunyuan-dit-1", 1500),
    "PixArt-Sigma-XL-2-1024-MS": ("pixart-sigma", 610),
    "PixArt-XL-2-1024-MS": ("pixart-alpha", 610),
    "stable_cascade_stage_c": ("cascade-c", 3600),
    "stable_cascade_stage_b": ("cascade-b", 1560),
    "x4-upscaler-ema": ("sd-x4-upscaler", 473),
}
# Exact bytes of published files, and what they hold beside tensors and header (metadata).
PUBLISHED = {
    "sd3.5_large": (16460379262, 19864),
    "sd3.5_large_fp8_scaled": (14934922866, 20080),
    "sd3.5_medium": (5107104286, 15904),
    "sd3_medium": (4337667306, 28132),
    "svd_xt": (9559625980, 0),
    "lotus-depth-d-v1-1": (1735197352, 3584),
    "SSD-1B-A1111": (4465671322, -454),
    "v1-5-pruned-emaonly": (4265146304, 212),
    "v2-1_768-ema-pruned": (5214604494, 206),
    "x4-upscaler-ema": (3531269371, 211),
    "aura_flow_0.3": (16463323066, 104),
    "hunyuan_dit_1.2": (8240228270, 118),
    "stable_cascade_stage_c": (9224575566, 42146),
    "stable_cascade_stage_b": (4552331265, 30617),
}
WIDTHS = facts.table("dtypes")["bits"]


@pytest.mark.parametrize(("slug", "expected"), DIFFUSION.items(), ids=DIFFUSION)
def test_a_file_holds_one_diffusion_model_with_its_parameters(slug, expected):
    (found,) = [one for one in identify(stand_in(slug, slug)).components if one.role == "diffusion_model"]
    assert expected == (found.id, pytest.approx(found.parameters / 1e6, rel=0.025))


@pytest.mark.parametrize(("slug", "expected"), PUBLISHED.items(), ids=PUBLISHED)
def test_a_header_has_the_bytes_of_the_published_file(slug, expected):
    published, rest = expected
    kept = facts.header(slug)
    entries, end = {}, 0
    for name, (dtype, shape) in sorted(kept["tensors"].items(), key=lambda one: (-WIDTHS[one[1][0]], one[0])):
        begin, end = end, end + size(prod(shape), dtype)
        entries[name] = {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}
    header = len(json.dumps(entries, separators=(",", ":")))
    assert published == end + 8 + (header + 7) // 8 * 8 + rest


def test_the_parts_of_a_checkpoint_are_told_too():
    found = identify(stand_in("sd3.5_large_fp8_scaled", "sd3.5_large_fp8_scaled")).components
    layouts = {one.id: one.quantization for one in found}
    scaled = dict.fromkeys(("sd35-large", "t5-xxl"), "f8_e4m3_scaled")
    assert layouts == scaled | dict.fromkeys(("clip-l", "clip-g", "kl-16"))


@pytest.mark.parametrize("prefix", ["", "model.diffusion_model.", "diffusion_model."])
def test_a_model_is_told_under_every_prefix(prefix):
    kept = facts.header("lotus-depth-d-v1-1")["tensors"]
    tensors = {
        prefix + name: Tensor(prefix + name, kind, tuple(shape)) for name, (kind, shape) in kept.items()
    }
    (found,) = identify(TensorTable("x", "safetensors", 0, 0, {}, tensors)).components
    assert ("lotus-d", prefix) == (found.id, found.prefix)


# Models that differ from one of these headers in one tensor.
LABELS, FIRST = "model.diffusion_model.label_emb.0.0.weight", "model.diffusion_model.input_blocks.0.0.weight"
TEXT = "model.diffusion_model.clip_txt_mapper.weight"
VARIANTS = {
    "sv3d-u": ("svd_xt", LABELS, (1280, 256)),
    "sv3d-p": ("svd_xt", LABELS, (1280, 1280)),
    "sd21-unclip-h": ("v2-1_768-ema-pruned", LABELS, (1280, 2048)),
    "sd21-unclip-l": ("v2-1_768-ema-pruned", LABELS, (1280, 1536)),
    "sd2-depth": ("v2-1_768-ema-pruned", FIRST, (320, 5, 3, 3)),
    "cascade-c-lite": ("stable_cascade_stage_c", TEXT, (1536, 1280)),
}


@pytest.mark.parametrize(("expected", "case"), VARIANTS.items(), ids=VARIANTS)
def test_a_variant_is_told_by_the_tensor_that_differs(expected, case):
    slug, name, shape = case
    table = stand_in(slug, slug)
    table.tensors[name] = Tensor(name, "F16", shape)
    (found,) = [one for one in identify(table).components if one.role == "diffusion_model"]
    assert expected == found.id
