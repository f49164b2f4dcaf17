"""A model's tensors in other storages: sizes beside those of the files that people made."""

import pytest
from vram_forecast.estimator.errors import InputError
from vram_forecast.estimator.formats import Tensor
from vram_forecast.estimator.models import identify
from vram_forecast.estimator.models.published import published, stand_in
from vram_forecast.estimator.models.variants import Keeps, among, as_table, recipes, variant

# Bytes of public files: shared data variants.json and evidence.jsonl.
PUBLISHED = {
    ("flux1-dev", "Q8_0"): 12_708_281_504,
    ("flux1-dev", "Q6_K"): 9_857_000_736,
    ("flux1-dev", "Q5_K_M"): 8_419_501_344,
    ("flux1-dev", "Q4_K_M"): 6_931_817_760,
    ("flux1-dev", "Q4_0"): 6_791_167_136,
    ("flux1-dev", "Q3_K_M"): 5_368_489_248,
    ("flux1-dev", "Q2_K"): 4_032_341_280,
    ("flux2-dev", "Q8_0"): 35_002_602_464,
    ("flux2-dev", "Q4_K_S"): 19_299_128_288,
    ("flux-2-klein-4b", "Q4_0"): 2_460_378_560,
    ("qwen_image_bf16", "Q6_K"): 16_824_990_240,
    ("qwen_image_bf16", "Q4_K_S"): 12_140_608_032,
    ("qwen_image_bf16", "Q4_K_M"): 13_065_746_976,
    ("wan2.2_i2v_high_noise_14B_fp8_scaled", "Q8_0"): 15_406_608_896,
    ("hunyuanvideo1.5_720p_t2v_fp16", "Q4_K_M"): 5_090_407_648,
    ("t5xxl_fp16", "Q5_K_M"): 3_386_856_640,
    ("qwen_3_4b", "Q8_0"): 4_280_405_792,
    ("qwen_3_4b", "Q4_K_M"): 2_497_281_312,
}


@pytest.mark.parametrize(
    ("made", "bytes_"), PUBLISHED.items(), ids=lambda one: "-".join(one) if type(one) is tuple else ""
)
def test_a_recipe_makes_the_bytes_that_others_published(made, bytes_):
    header, recipe = made
    assert bytes_ == pytest.approx(variant(stand_in("x", header), f"gguf-{recipe}").file_bytes, rel=0.005)


@pytest.mark.parametrize("recipe", recipes())
def test_every_recipe_makes_the_same_model(recipe):
    base = stand_in("x", "qwen_image_bf16")
    (plain,), (made,) = identify(base).components, identify(variant(base, recipe)).components
    assert (made.id, made.parameters, made.format) == (plain.id, plain.parameters, "gguf")


@pytest.mark.parametrize(
    "header", ["t5xxl_fp16", "umt5_xxl_fp16", "qwen_3_4b", "qwen_3_8b", "qwen_2.5_vl_7b"]
)
def test_a_text_encoder_is_known_by_its_names_in_gguf(header):
    base = stand_in("x", header)
    (made,) = identify(variant(base, "gguf-Q4_K_M")).components
    assert made.family in {one.family for one in identify(base).components}
    assert made.role == "text_encoder"


def test_vectors_stay_in_32_bits_and_what_is_named_so_stays_as_it_is():
    made = variant(stand_in("x", "flux1-dev"), "gguf-Q4_K_S").tensors
    assert made["double_blocks.0.img_attn.qkv.weight"].dtype == "Q4_K"
    assert made["double_blocks.0.img_attn.qkv.bias"].dtype == "F32"
    assert made["img_in.weight"].dtype == "BF16"


def test_rows_that_hold_no_whole_block_stay_in_16_bits():
    odd = as_table("x", [Tensor("a.weight", "BF16", (512, 200)), Tensor("b.weight", "BF16", (512, 256))], {})
    assert [one.dtype for one in variant(odd, "gguf-Q4_K_S").tensors.values()] == ["F16", "Q4_K"]


def test_what_a_maker_kept_is_kept():
    base = stand_in("x", "flux2-dev")
    all_packed, kept = variant(base, "nvfp4"), variant(base, "nvfp4", Keeps(words=("txt_attn.",)))
    assert kept.tensors["double_blocks.0.txt_attn.qkv.weight"].dtype == "BF16"
    assert all_packed.file_bytes < kept.file_bytes
    assert published("diffusion_models", "flux2-dev-nvfp4.safetensors").file_bytes == kept.file_bytes


def test_a_part_that_a_file_lacks_is_not_there():
    names = published("text_encoders", "mistral_3_small_flux2_fp8.safetensors").tensors
    assert not [name for name in names if name.startswith("vision_tower.")]


def test_a_storage_that_nobody_described_is_refused():
    with pytest.raises(InputError, match="gguf-Q9"):
        variant(stand_in("x", "ae"), "gguf-Q9")


@pytest.mark.parametrize(
    ("which", "chosen"),
    [
        ("", list(range(16))),
        ("first4", [0, 1, 2, 3]),
        ("first/8", [0, 1]),
        ("more", [0, 1, 4, 7, 10, 13, 14, 15]),
    ],
)
def test_some_of_a_role_are_chosen(which, chosen):
    assert [place for place in range(16) if among(which, place, 16)] == chosen


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("wan2.2_i2v_high_noise_14B_fp16.safetensors", 14_288_901_184),
        ("humo_17B_fp16.safetensors", 17_055_925_312),
    ],
)
def test_a_file_in_16_bits_that_is_made_of_one_in_8_has_all_its_bytes(name, parameters):
    table = published("diffusion_models", name)
    assert {one.dtype for one in table.tensors.values()} == {"F16"}
    assert table.file_bytes == pytest.approx(2 * parameters, rel=1e-4)


def test_layers_that_a_maker_packed_are_packed_in_another_storage_too():
    like = stand_in("x", "minimax_h3_fl2va_pruned_int8_convrot")
    packed = {one.name for one in like.tensors.values() if one.dtype == "I8"}
    made = variant(like, "f8_e4m3_scaled").tensors.values()
    assert packed == {one.name for one in made if one.dtype == "F8_E4M3"}
    assert not [one.name for one in made if one.dtype == "I8"]


def test_what_a_file_says_of_its_model_is_said_in_another_storage_too():
    like = stand_in("x", "wan_animate_2_bf16")
    assert [one.id for one in identify(variant(like, "int8_convrot")).components] == ["wan-animate2"]


def test_an_output_of_its_own_has_more_bits_than_the_embedding():
    own, tied = (
        variant(stand_in("x", "qwen_3_8b"), "gguf-Q4_K_S"),
        variant(stand_in("x", "qwen_3_4b"), "gguf-Q4_K_S"),
    )
    assert own.tensors["output.weight"].dtype == "Q6_K"
    assert own.tensors["token_embd.weight"].dtype == "Q4_K"
    assert tied.tensors["token_embd.weight"].dtype == "Q6_K"


def test_a_part_of_a_checkpoint_can_stay_in_16_bits_where_the_rest_is_in_8():
    names = published("checkpoints", "ltxv-13b-0.9.8-distilled-fp8.safetensors").tensors.values()
    assert {one.dtype for one in names if one.name.startswith("vae.")} == {"BF16"}
    assert {one.dtype for one in names if one.name.startswith("model.")} == {"F8_E4M3"}
