"""The rows of data/variants: each can be forecast, is of its model, and has nearly its published bytes."""

import json
from collections import Counter
from pathlib import Path

import comfyui_workflow_templates_json
import pytest
from vram_forecast.estimator import facts
from vram_forecast.estimator.models.editions import alike_name, bases, by_name, expert, precision
from vram_forecast.estimator.models.library import absent
from vram_forecast.estimator.models.published import published, row_of, rows_by_name

TEMPLATES = Path(comfyui_workflow_templates_json.__file__).parent / "templates"
EDITIONS = [one for base in bases().values() for one in base.editions]
# Of an edition's listed bytes: a GGUF's header and what its converter kept; what a maker of 8 bits kept.
WHOLE, GGUF, PACKED = 0.0005, 0.025, 0.035
# Makers whose mixes keep more than the recipes tell: city96's of FLUX.2, unsloth's of Qwen-Image-Edit 2511.
MIXES = {"flux2-dev": 0.08, "qwen-image-edit-2511": 0.08}
# Krea-2 in 16 bits has some layers in 32.
WIDER = {"krea2-turbo", "krea2-raw"}
# How a header shows formats beside their rows: 16 bits stand for both kinds, kept headers have no marks.
SIXTEEN = ("F16", "BF16")
TOLD = {
    "bf16": SIXTEEN,
    "fp16": SIXTEEN,
    "fp8_mixed": ("f8_e4m3_scaled",),
    "nvfp4_mixed": ("nvfp4",),
    "int8_convrot": ("int8_tensorwise",),
}
# Official templates name the all-in-one checkpoint of that name in this folder too.
MISPLACED = ("diffusion_models", "flux1-dev-fp8.safetensors")


def name_of(one):
    return f"{one.folder}/{one.file}"


def listed(one):
    """Bytes that the publisher lists."""
    return one.bytes or row_of(one.folder, one.file).get("bytes", 0)


def component(one):
    """What the forecast takes for the file where it is not on disk."""
    (found,) = (c for c in absent(one.folder, one.file).components if c.role == bases()[one.base].role)
    return found


def tolerance(one):
    if one.format.startswith("gguf_"):
        return MIXES.get(one.base, GGUF)
    plain = "all" in facts.table("storages")["storage"][precision(one.format)["storage"]]
    kept = row_of(one.folder, one.file).get("keeps")
    return WHOLE if plain and not kept and one.base not in WIDER else PACKED


def models_of(value):
    """The models that nodes of a workflow bring along: folder, name, url."""
    if isinstance(value, dict):
        for model in value.get("models") or []:
            if isinstance(model, dict) and "url" in model:
                yield model.get("directory"), model["name"], model["url"].partition("?")[0]
        value = list(value.values())
    for one in value if isinstance(value, list) else []:
        yield from models_of(one)


@pytest.fixture(scope="module")
def official():
    """The addresses that the official templates have for a file, by folder and name."""
    found = {}
    for path in TEMPLATES.glob("*.json"):
        for folder, name, url in models_of(json.loads(path.read_text(encoding="utf-8"))):
            found.setdefault((folder, name), set()).add(url)
    return found


def test_there_are_as_many_as_the_report_says():
    assert (len(bases()), len(EDITIONS)) == (93, 484)
    assert sum(1 for one in EDITIONS if listed(one)) == 144


def test_no_file_belongs_to_two_models():
    assert [] == [key for key, count in Counter(map(name_of, EDITIONS)).items() if count > 1]


@pytest.mark.parametrize("one", EDITIONS, ids=name_of)
def test_it_can_be_forecast_and_is_the_same_model_in_the_format_it_names(one):
    base = bases()[one.base]
    plain = next(other for other in base.editions if other.effects == one.effects)
    own, first = component(one), component(plain)
    assert (own.family, own.variant, own.hyper) == (first.family, first.variant, first.hyper)
    row = precision(one.format)
    kind = own.quantization if own.format != "gguf" and own.quantization else own.majority
    layouts = row.get("layouts", []) + row.get("stored", [])
    assert kind in layouts or kind in TOLD.get(one.format, ())


@pytest.mark.parametrize("one", [one for one in EDITIONS if listed(one)], ids=name_of)
def test_it_has_nearly_the_bytes_that_its_publisher_lists(one):
    assert published(one.folder, one.file).file_bytes == pytest.approx(listed(one), rel=tolerance(one))


@pytest.mark.parametrize(
    ("folder", "name", "gigabytes"),
    [  # ComfyUI-Manager's list and readers' lists, to the digit that they give
        ("checkpoints", "ltx-2-19b-dev-fp8.safetensors", 27.1),
        ("checkpoints", "ltx-2-19b-dev-fp4.safetensors", 20.0),
        ("checkpoints", "ltx-2.3-22b-dev-nvfp4.safetensors", 21.7),
        ("checkpoints", "ltxv-2b-0.9.8-distilled-fp8.safetensors", 4.46),
        ("checkpoints", "ltxv-13b-0.9.7-dev-fp8.safetensors", 15.7),
        ("diffusion_models", "flux-2-klein-9b-Q4_K_M.gguf", 5.9),
        ("diffusion_models", "hunyuan_video_720_cfgdistill_fp8_e4m3fn.safetensors", 13.19),
        ("diffusion_models", "sd3.5_large-Q8_0.gguf", 8.78),
        ("text_encoders", "umt5-xxl-encoder-Q5_K_M.gguf", 4.15),
    ],
)
def test_it_is_near_what_lists_round(folder, name, gigabytes):
    assert published(folder, name).file_bytes == pytest.approx(gigabytes * 1e9, rel=0.035)


def test_half_of_them_are_within_a_thousandth():
    errors = sorted(
        abs(published(one.folder, one.file).file_bytes / listed(one) - 1) for one in EDITIONS if listed(one)
    )
    assert errors[len(errors) // 2] < 0.001


def test_bytes_stand_in_one_place():
    twice = [
        name_of(one)
        for one in EDITIONS
        if one.bytes and rows_by_name().get((one.folder, one.file), {}).get("bytes")
    ]
    assert [] == twice


def test_where_official_templates_have_a_file_the_address_is_theirs(official):
    shared = {key: one for key, one in by_name().items() if key in official and key != MISPLACED}
    assert len(shared) > 100
    assert {} == {key: one.url for key, one in shared.items() if one.url not in official[key]}


def test_lighter_gguf_files_are_smaller():
    for base in bases().values():
        sizes = {one.format: published(one.folder, one.file).file_bytes for one in base.editions}
        for lighter, heavier in [("q2_k", "q3_k_s"), ("q3_k_s", "q4_k_s"), ("q4_k_s", "q8_0")]:
            pair = sizes.get(f"gguf_{lighter}"), sizes.get(f"gguf_{heavier}")
            assert None in pair or pair[0] < pair[1], base.id


def test_ranks_follow_the_bits_of_one_kind():
    ranks = {key: row["quality_rank"] for key, row in facts.table("precisions")["format"].items()}
    order = ["gguf_bf16", "gguf_q8_0", "gguf_q6_k", "gguf_q5_k_m", "gguf_q5_k_s", "gguf_q4_k_m"]
    order += ["gguf_q4_k_s", "gguf_q4_0", "gguf_q3_k_l", "gguf_q3_k_m", "gguf_q3_k_s", "gguf_q2_k"]
    assert [ranks[one] for one in order] == sorted({ranks[one] for one in order})
    assert ranks["int8_convrot"] < ranks["fp8_scaled"] < ranks["fp8_e4m3fn"] < ranks["nvfp4"] < ranks["nf4"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("mine_bf16.safetensors", "mine-Q4_K_M.gguf", True),
        ("sub/Mine_fp8_e4m3fn_scaled.safetensors", "mine.safetensors", True),
        ("mine_int8_convrot.safetensors", "mine_nvfp4_mixed.safetensors", True),
        ("mine_v1.safetensors", "mine_v2.safetensors", False),
        ("mine_1.0.safetensors", "mine_1.1.safetensors", False),
        ("mine_turbo_bf16.safetensors", "mine_bf16.safetensors", False),
    ],
)
def test_names_are_alike_but_for_their_precision(one, other, same):
    assert alike_name(one, other) == same


@pytest.mark.parametrize(
    ("name", "which"),
    [
        ("wan2.2_t2v_high_noise_14B_fp16.safetensors", "high"),
        ("LowNoise/Wan2.2-T2V-A14B-LowNoise-Q8_0.gguf", "low"),
        ("Wan22_I2V_HIGH_mine.safetensors", "high"),
        ("highres_lowvram.safetensors", ""),
    ],
)
def test_which_expert_it_is_stands_in_the_name(name, which):
    assert expert(name) == which
