"""Files that are not on disk: the published ones stand for them, in the type that they are published in."""

import pytest
from vram_forecast.estimator import facts
from vram_forecast.estimator.models import identify
from vram_forecast.estimator.models.published import published, row_of, stand_in
from vram_forecast.estimator.models.variants import variant

ROWS = [row for name in facts.names("published") for row in facts.table(name)["file"]]
MADE = [row for row in ROWS if "like" in row]


@pytest.mark.parametrize(
    ("header", "storage", "layout"),
    [
        ("qwen_image_bf16", "int8_convrot", "int8_convrot"),
        ("qwen_image_bf16", "f8_mixed", "f8_e4m3_scaled"),
        ("qwen_image_bf16", "nvfp4", "nvfp4"),
        ("qwen_image_bf16", "F8_E4M3", None),
        ("flux1-dev", "f8_e4m3_scaled", "f8_e4m3_scaled"),
    ],
)
def test_a_model_in_another_type_is_the_same_model(header, storage, layout):
    (made,) = identify(variant(stand_in("x", header), storage)).components
    (plain,) = identify(variant(stand_in("x", header), "BF16")).components
    assert (plain.id, plain.parameters) == (made.id, made.parameters)
    assert layout == made.quantization
    assert made.file_bytes < 0.6 * plain.file_bytes


@pytest.mark.parametrize(
    ("header", "storage", "expected"),
    [  # published sizes: shared data variants.json
        ("qwen_image_bf16", "int8_convrot", 20_499_083_824),
        ("qwen_image_bf16", "f8_mixed", 20_533_762_817),
        ("qwen_image_bf16", "F8_E4M3", 20_430_679_144),
        ("t5xxl_fp16", "f8_e4m3_scaled", 5_157_348_688),
        ("umt5_xxl_fp16", "f8_e4m3_scaled", 6_735_906_897),
        ("wan2.2_t2v_high_noise_14B_bf16", "f8_e4m3_scaled", 14_293_923_632),
    ],
)
def test_its_bytes_are_near_those_of_the_published_file(header, storage, expected):
    assert expected == pytest.approx(variant(stand_in("x", header), storage).file_bytes, rel=0.02)


@pytest.mark.parametrize("row", [row for row in MADE if "bytes" in row], ids=lambda row: row["names"][0])
def test_a_row_that_is_made_of_another_header_has_nearly_its_published_bytes(row):
    table = published(row["folder"], row["names"][0])
    assert row["bytes"] == pytest.approx(table.file_bytes, rel=0.05)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['folder']}/{row['names'][0]}")
def test_a_row_leads_to_a_model_of_the_family_it_names(row):
    table = published(row["folder"], row["names"][0])
    assert (table is not None) == ("header" in row or "like" in row)
    if table is None:
        return
    components = identify(table).components
    assert components
    if "family" in row:
        assert row["family"] in {one.family for one in components}


def test_no_name_has_two_rows_in_one_folder():
    names = [(row["folder"], name) for row in ROWS for name in row["names"]]
    assert len(names) == len(set(names))


def test_a_file_in_a_subfolder_is_found_by_its_own_name():
    assert row_of("vae", "FLUX1\\ae.safetensors") is row_of("vae", "sub/ae.safetensors") is not None


def test_a_lora_stands_on_the_matrices_of_its_models_blocks():
    table = published("loras", "Qwen-Image-Edit-2511-Lightning-4steps-V1.0-bf16.safetensors")
    (found,) = identify(table).components
    assert (found.role, found.family) == ("lora", "qwen-image")
    assert table.file_bytes == pytest.approx(810 * 2**20, rel=0.01)
