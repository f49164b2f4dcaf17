"""Encoders of texts, pictures and sounds: each published header is told for what it is, with its bytes."""

import pytest
from vram_forecast.estimator.formats import Tensor, TensorTable
from vram_forecast.estimator.models import identify
from vram_forecast.estimator.models.published import stand_in
from vram_forecast.estimator.models.rows import rows

# Header: the row, and the parameters that public model cards state (as they round them), less what ComfyUI
# leaves out; None where only a part of the published model is in the file.
CASES = {
    "qwen_2.5_vl_7b": ("qwen25-vl-7b", 8_292_166_656 - 152064 * 3584),
    "qwen_2.5_vl_7b_fp8_scaled": ("qwen25-vl-7b", 8_292_166_656 - 152064 * 3584),
    "qwen_2.5_vl_fp16": ("qwen25-3b", 3_085_938_688),
    "qwen_3_4b": ("qwen3-4b", 4_022_468_096),
    "qwen_3_8b": ("qwen3-8b", 8_190_735_360),
    "qwen_3_06b_base": ("qwen3-06b", 596_049_920),
    "qwen_0.6b_ace15": ("qwen-06b-ace15", 596_000_000),
    "qwen_1.7b_ace15": ("qwen-17b-ace15", None),
    "qwen_4b_ace15": ("qwen-4b-ace15", None),
    "ovis_2.5": ("ovis25-2b", 1_720_574_976),
    "llama_3.1_8b_instruct_fp8_scaled": ("llama3-8b", 8_030_261_248 - 128256 * 4096),
    "llava_llama3_fp16": ("llava-llama3-8b", None),
    "mistral_3_small_flux2_bf16": ("mistral3-24b-30", None),
    "ministral-3-3b": ("ministral3-3b", 3_400_000_000),
    "gemma_2_2b_fp16": ("gemma2-2b", 2_614_341_888),
    "gemma_3_4b_it_bf16": ("gemma3-4b", None),
    "gemma_3_12B_it": ("gemma3-12b", 12_187_325_040),
    "gemma4-12b-with-proj-ltx-2.5-bf16": ("gemma4-12b", None),
    "gemma4_e4b_it_bf16": ("gemma4-e4b", None),
    "gemma4_e2b_it_bf16": ("gemma4-e2b", None),
    "qwen3vl_4b_bf16": ("qwen3vl-4b", 4_437_815_808),
    "qwen3vl_8b_bf16": ("qwen3vl-8b", 8_767_123_696),
    "qwen3vl_32b_minimax_h3_bf16": ("qwen3vl-32b-50", None),
    "qwen3.5_2b_bf16": ("qwen35-2b", None),
    "t5gemma_b_b_ul2": ("t5gemma-b", None),
    "jina_clip_v2_bf16": ("jina-clip-v2", None),
    "byt5_small_glyphxl_fp16": ("byt5-small-glyph", None),
    "t5-base": ("t5-base", 109_628_544),
    "oldt5_xxl_fp16": ("t5xxl-old", None),
    "clip_l_hidream": ("clip-l-248", 123_650_304 + (248 - 77) * 768),
    "clip_g_hidream": ("clip-g-218", 694_659_840 + (218 - 77) * 1280),
    "clip_vision_g": ("clip-vision-g", 1_845_000_000),
    "clip_vision_h": ("clip-vision-h", 632_000_000),
    "clip_vision_l": ("clip-vision-l", 304_000_000),
    "llava_llama3_vision": ("clip-vision-l-336-llava", None),
    "sigclip_vision_patch14_384": ("siglip", 413_000_000),
    "dino_v3_vit_h": ("dinov3-vit-h", 840_000_000),
    "wav2vec2_large_english_fp16": ("wav2vec2-large", 315_000_000),
    "wav2vec2-chinese-base_fp16": ("wav2vec2-base", 95_000_000),
    "whisper_large_v3_fp16": ("whisper-large-v3", None),
}
LOGIT_SCALE = 1  # the one parameter that ComfyUI's text encoders have beside the model
Q_NORM = {"model.layers.0.self_attn.q_norm.weight": (128,)}
LLAMA = {"blk.0.attn_q.weight": (4096, 4096), "output_norm.weight": (4096,), "output.weight": (128256, 4096)}


@pytest.mark.parametrize(("slug", "expected"), CASES.items(), ids=CASES)
def test_a_header_is_told_for_what_it_is(slug, expected):
    name, parameters = expected
    (found,) = (one for one in identify(stand_in(slug, slug)).components if one.role != "text_projection")
    assert found.id == name
    if parameters:
        assert found.parameters == pytest.approx(parameters, rel=0.01)


def test_what_comfyui_leaves_out_is_not_counted():
    (found,) = identify(stand_in("x", "mistral_3_small_flux2_bf16")).components
    assert not [one.name for one in found.tensors if one.name.startswith(("vision_tower", "tekken"))]
    assert found.file_bytes == (17_343_754_240 + LOGIT_SCALE) * 2


def told(shapes: dict[str, tuple[int, ...]]) -> list[str]:
    """The rows that match tensors of these shapes."""
    tensors = {name: Tensor(name, "F16", shape) for name, shape in shapes.items()}
    return [one.id for one in identify(TensorTable("x", "safetensors", 0, 0, {}, tensors)).components]


def shaped_like(row) -> dict[str, tuple[int, ...]]:
    """What a row asks for, under its last prefix."""
    asked = {name.replace("*", "x"): (8, 8) for name in row.has} | dict(row.shapes)
    read = {
        hyper.tensor: (8, 8) for hyper in row.hyper.values() if hyper.tensor and hyper.tensor not in asked
    }
    return {row.prefixes[-1] + name: shape for name, shape in (read | asked).items()}


@pytest.mark.parametrize("row", [r for r in rows() if r.role == "text_encoder"], ids=lambda row: row.id)
def test_what_a_row_asks_for_is_matched_by_it_alone(row):
    assert [row.id] == told(shaped_like(row))


def test_widths_and_vocabularies_tell_language_models_apart():
    base = {"model.layers.0.self_attn.k_proj.weight": (8, 8), "model.layers.0.input_layernorm.weight": (8,)}
    embeddings = {
        (128256, 4096): "llama3-8b",
        (128320, 4096): "llava-llama3-8b",
        (131072, 5120): "mistral3-24b-30",
    }
    for shape, name in embeddings.items():
        assert [name] == told(base | {"model.embed_tokens.weight": shape})
    with_norm = {(151936, 2560): "qwen3-4b", (217204, 2560): "qwen-4b-ace15", (151936, 2048): "ovis25-2b"}
    for shape, name in with_norm.items():
        assert [name] == told(base | Q_NORM | {"model.embed_tokens.weight": shape})


def test_llama_cpp_names_are_known_and_the_output_layer_is_left_out():
    tensors = {n: Tensor(n, "F16", s) for n, s in {**LLAMA, "token_embd.weight": (128256, 4096)}.items()}
    (found,) = identify(TensorTable("x", "gguf", 0, 0, {}, tensors)).components
    assert found.id == "llama3-8b-gguf"
    assert "output.weight" not in [one.name for one in found.tensors]


def test_padding_is_by_what_the_loader_says_that_the_encoder_is_for():
    (qwen,) = identify(stand_in("x", "qwen_3_4b")).components
    assert (qwen.min_tokens, qwen.min_tokens_for["flux2"]) == (1, 512)
