"""Models that help: what each header is, its bytes beside the published, and how ComfyUI holds it."""

import pytest
from vram_forecast.estimator.models import identify
from vram_forecast.estimator.models.published import published, stand_in
from vram_forecast.estimator.runtime import Device, Host, Machine, Policy, hold
from vram_forecast.estimator.units import GIB, ZERO

PARTS = {
    "birefnet": ["birefnet"],
    "moge_2_vitl_normal_fp16": ["moge-2-vitl"],
    "depth_anything_3_mono_large": ["depth-anything-3-mono"],
    "rt_detr_v4-x-hgnet_fp16": ["rt-detr-v4-x"],
    "sam3.1_multiplex_fp16": ["sam3.1", "sam3-clip"],
    "qwen3.5_4b_bf16": ["qwen35-4b"],
    "qwen3.5_9b_bf16": ["qwen35-9b"],
    "Z-Image-Turbo-Fun-Controlnet-Union": ["patch-z-image-fun"],
    "qwen_image_canny_diffsynth_controlnet": ["patch-qwen-blockwise"],
    "uso-flux1-projector-v1": ["patch-siglip"],
}
# Millions of parameters, as the models' pages say them.
PARAMETERS = {
    "birefnet": 221,
    "moge_2_vitl_normal_fp16": 331,
    "depth_anything_3_mono_large": 334,
    "rt_detr_v4-x-hgnet_fp16": 62,
    "Z-Image-Turbo-Fun-Controlnet-Union": 1555,
    "qwen_image_canny_diffsynth_controlnet": 1135,
}
# What ComfyUI holds each in and computes in on a card with all types (the source on its row).
TYPES = {
    "birefnet": ("F16", "F32"),
    "moge_2_vitl_normal_fp16": ("F16", "F16"),
    "depth_anything_3_mono_large": ("F16", "F16"),
    "sam3.1_multiplex_fp16": ("F16", "F16"),
    "qwen_image_canny_diffsynth_controlnet": ("BF16", "BF16"),
    "uso-flux1-projector-v1": ("BF16", "BF16"),
}


def components(slug):
    return identify(stand_in(slug, slug)).components


@pytest.mark.parametrize("slug", PARTS)
def test_a_header_is_told_as_what_it_is(slug):
    assert PARTS[slug] == [one.id for one in components(slug)]


@pytest.mark.parametrize("slug", PARAMETERS)
def test_it_has_as_many_parameters_as_its_page_says(slug):
    found = sum(one.parameters for one in components(slug)) / 1e6
    assert PARAMETERS[slug] == pytest.approx(found, rel=0.01)


@pytest.mark.parametrize("slug", PARTS)
def test_what_it_costs_is_known(slug):
    known = {one.id: one.costs for one in components(slug)}
    del known["patch-siglip" if "patch-siglip" in known else next(iter(known))]
    assert all(known.values())


def test_other_widths_of_a_model_are_told_and_their_costs_are_not_taken_for_known():
    tensors = dict(stand_in("x", "rt_detr_v4-x-hgnet_fp16").tensors)
    name = "encoder.pan_blocks.1.cv4.conv.weight"
    tensors[name] = type(tensors[name])(name, "F16", (256, 1024, 1, 1))
    (one,) = identify(type(stand_in("x", "birefnet"))("x", "published", 0, 0, {}, tensors)).components
    assert ("rt-detr-v4", "") == (one.id, one.costs)


@pytest.mark.parametrize("name", ["qwen3.5_9b_w4a8_gptq.safetensors", "qwen3.5_9b_int8_convrot.safetensors"])
def test_a_packed_writer_is_the_same_model_in_fewer_bytes(name):
    (packed,) = identify(published("text_encoders", name)).components
    (plain,) = components("qwen3.5_9b_bf16")
    assert (plain.id, plain.parameters) == (packed.id, packed.parameters)
    assert packed.file_bytes < 0.7 * plain.file_bytes
    assert packed.quantization in ("asym_w4a8_int8", "int8_convrot")


@pytest.mark.parametrize("slug", TYPES)
def test_it_is_held_in_the_types_that_comfyui_takes(slug):
    card = Device("card", "nvidia", 24 * GIB, 24 * GIB, ZERO, 8.9)
    machine = Machine(card, Host("linux", 64 * GIB, 64 * GIB), Policy("0.33.0", True))
    held = hold("key", components(slug)[0], machine)
    assert TYPES[slug] == (held.storage, held.compute)
