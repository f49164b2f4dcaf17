"""Components from headers: every header is told for what it is, and by one row only."""

import msgspec
import pytest
from vram_forecast.estimator.formats import read
from vram_forecast.estimator.models import identify, rows
from vram_forecast.estimator.models.library import Library, in_folders

MIB = 1024**2
# Bytes are those that ComfyUI 0.33.0's own modules hold (shared reference comfyui-memory.md 5 and 14,
# design section 5), in the file's type.
CASES = {
    "flux1-dev": {"flux-dev": 22_700.13},
    "flux1-schnell": {"flux-schnell": 22_680.6},
    "flux1-dev-fp8-kijai": {"flux-dev": 11_350.07},
    "flux1-dev-fp8-checkpoint": {"flux-dev": 11_350.07, "clip-l": 235.8, "t5-xxl": 4_541.7, "kl-16": 319.75},
    "sd_xl_base_1.0": {"sdxl": 4_897.05, "clip-l": 235.8, "clip-g-openclip": 1_325.0, "kl-4": 159.56},
    "sd_xl_refiner_1.0": {"sdxl-refiner": 4_309.71, "clip-g-openclip": 1_325.0, "kl-4": 159.56},
    "v1-5-pruned-emaonly-fp16": {"sd15": 1_639.41, "clip-l": 235.8, "kl-4": 159.56},
    "wan2.2_t2v_high_noise_14B_bf16": {"wan-14b-t2v": 27_253.13},
    "wan2.2_i2v_high_noise_14B_fp8_scaled": {"wan-14b-i2v": 13_632.4},
    "t5xxl_fp16": {"t5-xxl": 9_083.4},
    "umt5_xxl_fp16": {"umt5-xxl": 10_835.5},
    "clip_l": {"clip-l": 235.8},
    "clip_g": {"clip-g": 1_325.0},
    "ae": {"kl-16": 319.75},
    "sdxl_vae": {"kl-4": 319.11},
    "wan_2.1_vae": {"wan21-vae": 242.03},
}


@pytest.mark.parametrize(("slug", "expected"), CASES.items(), ids=CASES)
def test_a_file_splits_into_its_components_with_their_bytes(slug, expected, sparse_model, tmp_path):
    found = identify(read(sparse_model(slug, tmp_path / "m.safetensors"))).components
    assert list(expected) == [one.id for one in found]
    for one in found:
        assert expected[one.id] == pytest.approx(one.file_bytes / MIB, abs=0.06)


def test_every_corpus_file_is_of_a_family_and_no_two_rows_claim_one_part(root, sparse_model, tmp_path):
    slugs = sorted(path.name.split(".json")[0] for path in (root / "data" / "headers").glob("*.json.gz"))
    for slug in slugs:
        found = identify(read(sparse_model(slug, tmp_path / "m.safetensors"))).components
        parts = [(one.role, one.prefix) for one in found]
        assert found, slug
        assert len(set(parts)) == len(parts), slug


def test_hyper_parameters_are_read_from_shapes(sparse_model, tmp_path):
    (flux,) = identify(read(sparse_model("flux1-dev", tmp_path / "m.safetensors"))).components
    assert flux.hyper == {"hidden": 3072, "double_blocks": 19, "single_blocks": 38}


def test_what_does_not_match_says_why(sparse_model, tmp_path):
    refusals = identify(read(sparse_model("flux1-schnell", tmp_path / "m.safetensors"))).refusals
    reasons = {one.id: one.reason for one in refusals}
    assert reasons["flux-dev"] == "no `guidance_in.in_layer.weight`"
    assert len(reasons) == len(rows()) - 1


@pytest.mark.parametrize(
    ("slug", "expected"),
    [
        ("t5xxl_fp8_e4m3fn", None),
        ("t5xxl_fp8_e4m3fn_scaled", "f8_e4m3_scaled"),
        ("wan2.2_t2v_high_noise_14B_fp8_scaled", "f8_e4m3_scaled"),
    ],
)
def test_scaled_fp8_is_told_from_plain_fp8(slug, expected, sparse_model, tmp_path):
    (component,) = identify(read(sparse_model(slug, tmp_path / "m.safetensors"))).components
    assert component.majority == "F8_E4M3"
    assert expected == component.quantization


def test_the_second_copy_of_an_embedding_counts_once(sparse_model, tmp_path):
    table = read(sparse_model("t5xxl_fp16", tmp_path / "m.safetensors"))
    assert {"shared.weight", "encoder.embed_tokens.weight"} <= set(table.tensors)
    (t5,) = identify(table).components
    assert [one.name for one in t5.tensors if one.shape == (32128, 4096)] == ["shared.weight"]


def test_a_library_finds_files_under_old_folder_names_and_reads_each_once(sparse_model, tmp_path):
    sparse_model("ae", tmp_path / "unet" / "x.safetensors")
    library = Library(in_folders((tmp_path,)))
    assert library.open("diffusion_models", "x.safetensors").components[0].id == "kl-16"
    assert library.open("diffusion_models", "x.safetensors") is library.open(
        "diffusion_models", "x.safetensors"
    )
    assert library.open("vae", "x.safetensors").missing


@pytest.mark.parametrize("config", ["[" * 100_000, "{", "3", '{"transformer": 3}', '{"transformer": {}}'])
def test_a_file_may_say_anything_of_itself(config, sparse_model, tmp_path):
    table = read(sparse_model("ae", tmp_path / "m.safetensors"))
    told = msgspec.structs.replace(table, metadata={"config": config})
    assert ["kl-16"] == [one.id for one in identify(told).components]
