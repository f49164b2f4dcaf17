"""Picture transformers from their headers: what they are, and their bytes against published counts."""

import pytest
from vram_forecast.estimator.formats import Tensor, read
from vram_forecast.estimator.models import identify, match
from vram_forecast.estimator.models.published import stand_in

# Billions of parameters by the model cards, or by the published bytes of a 16-bit file; 0: not published.
CASES = {
    "qwen_image_bf16": ("qwen-image", 20.43),
    "qwen_image_edit_2511_bf16": ("qwen-image-edit-2511", 20.43),
    "qwen_image_layered_bf16": ("qwen-image-layered", 20.43),
    "z_image_turbo_bf16": ("z-image", 6.155),
    "lumina2_bf16": ("lumina2", 2.6),
    "newbie_image_bf16": ("newbie-image", 3.5),
    "hidream_i1_bf16": ("hidream-i1", 17),
    "hidream_o1_image_bf16": ("hidream-o1", 8),
    "omnigen2_fp16": ("omnigen2", 4),
    "boogu_image_bf16": ("boogu", 0),
    "joyai_image_edit_bf16": ("joyimage", 16),
    "hunyuanimage2.1_bf16": ("hunyuanimage-2.1", 17),
    "hunyuanimage2.1_distilled_bf16": ("hunyuanimage-2.1-distilled", 17),
    "hunyuanimage2.1_refiner_bf16": ("hunyuanimage-2.1-refiner", 0),
    "kandinsky5lite_t2i": ("kandinsky5-lite-t2i", 6),
    "cosmos_predict2_2B_t2i": ("cosmos-predict2-2b-t2i", 2),
    "cosmos_predict2_2B_v2w": ("cosmos-predict2-2b-v2w", 2),
    "cosmos_predict2_14B_t2i": ("cosmos-predict2-14b-t2i", 14),
    "cosmos_predict2_14B_v2w": ("cosmos-predict2-14b-v2w", 14),
    "anima": ("anima", 2),
    "Cosmos-1_0-Diffusion-7B-Text2World": ("cosmos-1-7b-t2w", 7),
    "Cosmos-1_0-Diffusion-7B-Video2World": ("cosmos-1-7b-v2w", 7),
    "pixeldit_1300m_1024px_bf16": ("pixeldit", 1.3),
    "pid_flux1_bf16": ("pid", 0),
    "seedvr2_3b_fp16": ("seedvr2-3b", 3.39),
    "seedvr2_7b_fp16": ("seedvr2-7b", 8.24),
}


@pytest.mark.parametrize(("slug", "expected"), CASES.items(), ids=CASES)
def test_a_transformer_is_told_by_one_row_and_has_its_parameters(slug, expected):
    name, billions = expected
    (found,) = identify(stand_in(slug, slug)).components
    assert name == found.id
    assert not billions or billions == pytest.approx(found.parameters / 1e9, rel=0.05)


@pytest.mark.parametrize("prefix", ["model.diffusion_model.", "diffusion_model."])
@pytest.mark.parametrize("slug", [slug for slug, (name, _) in CASES.items() if name != "hidream-o1"])
def test_a_prefix_makes_no_other_model_of_it(slug, prefix):
    tensors = stand_in(slug, slug).tensors
    bare = {name.removeprefix("net."): one for name, one in tensors.items()}
    renamed = {prefix + name: Tensor(prefix + name, one.dtype, one.shape) for name, one in bare.items()}
    found, _ = match(renamed)
    assert [CASES[slug][0]] == [one.row.id for one in found]


def test_z_image_has_the_bytes_of_the_published_file(sparse_model, tmp_path):
    (found,) = identify(read(sparse_model("z_image_turbo_bf16", tmp_path / "m.safetensors"))).components
    assert found.file_bytes == 12_309_866_400 - 48_928


def test_a_qwen_image_of_fewer_blocks_has_no_law_of_the_whole_one():
    whole = stand_in("x", "qwen_image_bf16").tensors
    kept = {name: one for name, one in whole.items() if not name.startswith("transformer_blocks.5")}
    (found,), _ = match(kept)
    assert (found.row.id, found.row.costs) == ("qwen-image-pruned", "")
