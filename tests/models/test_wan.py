"""Every Wan is told from its header by one row; sizes are those of published files."""

import json
from math import prod

import pytest
from vram_forecast.estimator import facts
from vram_forecast.estimator.formats import Tensor, size
from vram_forecast.estimator.models import match, rows
from vram_forecast.estimator.models.published import published

# Header: the row that tells it, and the file's published size with what it holds beside tensors and header
# (0: not a byte; None: no exact size is public).
CASES = {
    "wan2.2_t2v_high_noise_14B_bf16": ("wan-14b-t2v", None, 0),
    "wan2.2_t2v_high_noise_14B_fp8_scaled": ("wan-14b-t2v", 14293923632, 0),
    "wan2.2_i2v_high_noise_14B_fp8_scaled": ("wan-14b-i2v", 14294742832, 0),
    "wan2.2_fun_control_high_noise_14B_bf16": ("wan22-14b-fun-control", None, 0),
    "wan2.1_i2v_480p_14B_fp16": ("wan21-14b-i2v", 32791377504, 0),
    "wan2.1_flf2v_720p_14B_fp16": ("wan21-14b-flf2v", 32792693440, 0),
    "wan2.1_fun_control_14B_bf16": ("wan21-14b-fun-control", None, 0),
    "wan2.1_fun_camera_v1.1_14B_bf16": ("wan21-14b-camera", None, 0),
    "wan2.2_fun_camera_high_noise_14B_bf16": ("wan22-14b-camera", None, 0),
    "wan2.1_vace_14B_fp16": ("wan-14b-vace", 34675323640, 0),
    "wan2.2_s2v_14B_bf16": ("wan22-14b-s2v", None, 0),
    "humo_17B_fp8_e4m3fn": ("wan-17b-humo", 17058372152, 36288),
    "wan2.2_animate_14B_bf16": ("wan22-14b-animate", 34549787368, 0),
    "wan2.1_14B_SCAIL_bf16": ("wan-14b-scail", None, 0),
    "wan2.1_14B_SCAIL_2_fp16": ("wan-14b-scail2", None, 0),
    "wan2.2_dancer_14b_bf16": ("wan22-14b-dancer", None, 0),
    "wan_animate_2_bf16": ("wan-animate2", None, 0),
    "wan2.1_t2v_1.3B_fp16": ("wan-1.3b-t2v", 2838303560, 27424),
    "wan2.1_fun_inp_1.3B_bf16": ("wan-1.3b-i2v", None, 0),
    "wan2.1_fun_control_1.3B_bf16": ("wan-1.3b-fun-control", None, 0),
    "wan2.1_fun_camera_v1.1_1.3B_bf16": ("wan-1.3b-camera", None, 0),
    "wan2.1_vace_1.3B_fp16": ("wan-1.3b-vace", None, 0),
    "humo_1.7B_fp16": ("wan-1.7b-humo", None, 0),
    "wan2.2_ti2v_5B_fp16": ("wan22-5b", 9999658848, 0),
    "wan2.2_fun_inpaint_5B_bf16": ("wan22-5b-fun-inpaint", None, 0),
    "wan2.2_fun_control_5B_bf16": ("wan22-5b-fun-control", None, 0),
}
SIZED = {slug: (bytes_, rest) for slug, (_, bytes_, rest) in CASES.items() if bytes_}
WIDTHS = facts.table("dtypes")["bits"]
WAN = {row.id: row for row in rows() if row.family == "wan" and row.role == "diffusion_model"}


def tensors(slug, prefix=""):
    """A header's tensors under a prefix."""
    kept = facts.header(slug)["tensors"].items()
    return {prefix + name: Tensor(prefix + name, dtype, tuple(shape)) for name, (dtype, shape) in kept}


def told(found, metadata=None):
    """The ids of the rows that match."""
    return [one.row.id for one in match(found, metadata)[0]]


@pytest.mark.parametrize("prefix", ["", "model.diffusion_model.", "diffusion_model."])
@pytest.mark.parametrize("slug", CASES)
def test_a_wan_is_told_by_one_row_under_every_prefix(slug, prefix):
    assert [CASES[slug][0]] == told(tensors(slug, prefix), facts.header(slug)["metadata"])


def test_every_row_but_those_of_any_size_has_a_header():
    assert {id for id, row in WAN.items() if row.shapes} == {name for name, *_ in CASES.values()} - {
        "wan-animate2"
    }


@pytest.mark.parametrize(
    ("slug", "config", "expected"),
    [
        ("wan2.1_i2v_480p_14B_fp16", {"model_type": "animate2"}, "wan-animate2"),
        ("wan2.1_t2v_1.3B_fp16", {"model_type": "flow_rvs"}, "wan-flow-rvs"),
        ("wan2.1_t2v_1.3B_fp16", {"causal_ar": True}, "wan-causal"),
        ("wan2.1_t2v_1.3B_fp16", {"causal_ar": False}, "wan-1.3b-t2v"),
        ("wan2.1_t2v_1.3B_fp16", {"model_type": "t2v"}, "wan-1.3b-t2v"),
    ],
)
def test_what_metadata_says_of_the_transformer_tells_more_than_its_tensors(slug, config, expected):
    assert [expected] == told(tensors(slug), {"config": json.dumps({"transformer": config})})


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "7", '{"transformer": []}', '{"transformer": {"model_type": {}}}']
)
def test_metadata_of_any_kind_is_borne(text):
    assert ["wan21-14b-i2v"] == told(tensors("wan2.1_i2v_480p_14B_fp16"), {"config": text})


@pytest.mark.parametrize("slug", SIZED)
def test_a_header_has_the_bytes_of_the_published_file(slug):
    kept, header, end = facts.header(slug), {}, 0
    for name, (dtype, shape) in sorted(kept["tensors"].items(), key=lambda one: (-WIDTHS[one[1][0]], one[0])):
        begin, end = end, end + size(prod(shape), dtype)
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}
    length = len(json.dumps(header, separators=(",", ":")))
    exact, rest = SIZED[slug]
    assert exact == end + 8 + (length + 7) // 8 * 8 + rest


@pytest.mark.parametrize("change", ["width", "depth", "channels"])
def test_a_wan_of_another_size_is_a_wan_without_a_law(change):
    found = tensors("wan2.1_t2v_1.3B_fp16")
    if change == "depth":
        found = {name: one for name, one in found.items() if not name.startswith("blocks.29.")}
    else:
        shape = (1024, 16, 1, 2, 2) if change == "width" else (1536, 17, 1, 2, 2)
        found["patch_embedding.weight"] = Tensor("patch_embedding.weight", "F16", shape)
    assert ["wan"] == told(found)
    assert "" == WAN["wan"].costs


def test_every_law_of_a_row_exists():
    assert set() == {f"costs/{row.costs}" for row in WAN.values() if row.costs} - set(facts.names("costs"))


def test_published_rows_name_what_their_header_is():
    for row in facts.table("published/wan")["file"]:
        if row["role"] != "diffusion_model":
            continue
        slug = row.get("header") or row.get("like")
        if slug is None:
            continue
        (name,) = told(tensors(slug), facts.header(slug)["metadata"])
        assert row["variant"] == WAN[name].variant, row["names"]
        assert published(row["folder"], row["names"][0]) is not None
