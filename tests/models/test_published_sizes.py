"""Exact sizes of published files, reproduced from the headers of `data/headers/`: 32 rows.

`rest` is what a file holds beside its tensors (and beside the safetensors header that names them): nothing,
metadata with a thumbnail, or a GGUF header, which is the same for all quantisations of one model by one
converter. Sizes: the project's table of variants, whose sources are repository listings.
"""

import json
from math import prod

import pytest
from gguf import GGML_QUANT_SIZES
from vram_forecast.estimator import facts
from vram_forecast.estimator.formats import size

WIDTHS = facts.table("dtypes")["bits"]
# Layers that ComfyUI-GGUF's converter leaves in 16 bits.
FLUX = ("img_in.", "time_in.", "vector_in.", "guidance_in.", "txt_in.", "final_layer.")
QWEN = ("img_in.", "txt_in.", "time_text_embed.", "norm_out.", "proj_out.")
# Of those, what an early conversion of FLUX.1 dev has in 32 bits.
NARROW = ("img_in.", "time_in.in", "vector_in.in", "guidance_in.in", "final_layer.linear")

# file: published bytes, header, type of all its tensors (empty: as the header has them), rest
SAFETENSORS = {
    "flux1-dev": (23802932552, "flux1-dev", "", 29072),
    "flux1-dev-fp8": (11901525888, "flux1-dev-fp8-kijai", "", 29088),
    "flux1-schnell-fp8-e4m3fn": (11891329784, "flux1-schnell", "F8_E4M3", 63160),
    "qwen_image_2512_bf16": (40861031488, "qwen_image_bf16", "", 0),
    "qwen_image_2512_fp8_e4m3fn": (20430679144, "qwen_image_bf16", "F8_E4M3", 44008),
    "wan2.2_i2v_high_noise_14B_fp8_scaled": (14294742832, "wan2.2_i2v_high_noise_14B_fp8_scaled", "", 0),
    "wan2.2_i2v_low_noise_14B_fp8_scaled": (14294742832, "wan2.2_i2v_high_noise_14B_fp8_scaled", "", 0),
    "wan2.2_t2v_high_noise_14B_fp8_scaled": (14293923632, "wan2.2_t2v_high_noise_14B_fp8_scaled", "", 0),
    "wan2.2_t2v_low_noise_14B_fp8_scaled": (14293923632, "wan2.2_t2v_high_noise_14B_fp8_scaled", "", 0),
    "sd_xl_base_1.0": (6938078334, "sd_xl_base_1.0", "", 37190),
    "t5xxl_fp16": (9787841024, "t5xxl_fp16", "", 0),
    "t5xxl_fp8_e4m3fn": (4893934904, "t5xxl_fp8_e4m3fn", "", 0),
    "t5xxl_fp8_e4m3fn_scaled": (5157348688, "t5xxl_fp8_e4m3fn_scaled", "", 0),
    "umt5_xxl_fp8_e4m3fn_scaled": (6735906897, "umt5_xxl_fp8_e4m3fn_scaled", "", 0),
}
# file: published bytes, header, type of most weights, of fused attention, layers kept in F16, in F32, rest
GGUF = {
    "flux1-kontext-dev-Q8_0": (12714452256, "flux1-dev", "Q8_0", "Q8_0", FLUX, (), 54304),
    "flux1-kontext-dev-Q6_K": (9848349984, "flux1-dev", "Q6_K", "Q6_K", FLUX, (), 54304),
    "flux1-kontext-dev-Q5_K_M": (8419501344, "flux1-dev", "Q5_K", "Q6_K", FLUX, (), 54304),
    "flux1-kontext-dev-Q4_K_M": (6931817760, "flux1-dev", "Q4_K", "Q5_K", FLUX, (), 54304),
    "flux1-kontext-dev-Q4_K_S": (6797337888, "flux1-dev", "Q4_K", "Q4_K", FLUX, (), 54304),
    "flux1-kontext-dev-Q3_K_M": (5368489248, "flux1-dev", "Q3_K", "Q4_K", FLUX, (), 54304),
    "flux1-kontext-dev-Q2_K": (4023690528, "flux1-dev", "Q2_K", "Q2_K", FLUX, (), 54304),
    "flux1-dev-Q6_K": (9857000736, "flux1-dev", "Q6_K", "Q6_K", FLUX, NARROW, 54304),
    "flux1-dev-Q5_K_S": (8285267232, "flux1-dev", "Q5_K", "Q5_K", FLUX, NARROW, 54304),
    "flux1-dev-Q4_K_S": (6805988640, "flux1-dev", "Q4_K", "Q4_K", FLUX, NARROW, 54304),
    "flux1-dev-Q3_K_S": (5234255136, "flux1-dev", "Q3_K", "Q3_K", FLUX, NARROW, 54304),
    "flux1-dev-Q2_K": (4032341280, "flux1-dev", "Q2_K", "Q2_K", FLUX, NARROW, 54304),
    "flux1-schnell-q8_0": (12801721248, "flux1-schnell", "Q8_0", "Q8_0", (), FLUX, 53920),
    "flux1-schnell-q4_k": (6884606880, "flux1-schnell", "Q4_K", "Q4_K", (), FLUX, 53920),
    "flux1-schnell-q4_0": (6884606880, "flux1-schnell", "Q4_0", "Q4_0", (), FLUX, 53920),
    "flux1-schnell-q2_k": (4110959520, "flux1-schnell", "Q2_K", "Q2_K", (), FLUX, 53920),
    "Qwen_Image-Q8_0": (21761817120, "qwen_image_bf16", "Q8_0", "Q8_0", QWEN, (), 147744),
    "Qwen_Image-Q6_K": (16824990240, "qwen_image_bf16", "Q6_K", "Q6_K", QWEN, (), 147744),
}
BLOCKS = {kind.name: sizes for kind, sizes in GGML_QUANT_SIZES.items()}


def as_saved(slug, dtype):
    """Bytes of a safetensors file of these tensors: header, padded to eight bytes, and weights."""
    kept = facts.header(slug)
    tensors = {name: (dtype or own, shape) for name, (own, shape) in kept["tensors"].items()}
    header, end = {"__metadata__": kept["metadata"]} if kept["metadata"] else {}, 0
    for name, (kind, shape) in sorted(tensors.items(), key=lambda one: (-WIDTHS[one[1][0]], one[0])):
        begin, end = end, end + size(prod(shape), kind)
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [begin, end]}
    length = len(json.dumps(header, separators=(",", ":")))
    return end + 8 + (length + 7) // 8 * 8


def as_gguf(slug, most, fused, half, full):
    """Bytes of the tensors that a converter makes of a model: small ones and vectors stay in 32 bits."""
    total = 0
    for name, (_, shape) in facts.header(slug)["tensors"].items():
        kind = fused if "_attn.qkv." in name else most
        if any(part in name for part in half):
            kind = "F16"
        if len(shape) < 2 or prod(shape) <= 1024 or any(part in name for part in full):
            kind = "F32"
        block, per_block = BLOCKS[kind]
        total += prod(shape) * per_block // block
    return total


@pytest.mark.parametrize(("published", "slug", "dtype", "rest"), SAFETENSORS.values(), ids=SAFETENSORS)
def test_a_safetensors_file_has_the_bytes_of_its_header(published, slug, dtype, rest):
    assert published == as_saved(slug, dtype) + rest


@pytest.mark.parametrize(
    ("published", "slug", "most", "fused", "half", "full", "rest"), GGUF.values(), ids=GGUF
)
def test_a_gguf_file_has_the_bytes_of_its_parameters(published, slug, most, fused, half, full, rest):
    assert published == as_gguf(slug, most, fused, half, full) + rest


def test_what_is_not_tensors_is_a_small_part():
    rows = [(row[0], row[-1]) for row in (*SAFETENSORS.values(), *GGUF.values())]
    assert len(rows) >= 30
    assert max(rest / published for published, rest in rows) < 4e-5
