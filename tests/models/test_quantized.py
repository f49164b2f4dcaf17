"""Quantised layouts: format and parameter count of each layer are right although the tensors are packed.

Each case is one layer of 128 outputs and 256 inputs, as the layout's own writer lays it.
"""

import json

import pytest
from headers import lay
from vram_forecast.estimator.formats import Tensor, read
from vram_forecast.estimator.models import is_scale, unpack
from vram_forecast.estimator.models.quantized import layouts
from vram_forecast.estimator.report.files import read_and_describe

OUT, IN = 128, 256
NF4 = "l.weight.quant_state.bitsandbytes__nf4"
NF4_NOTE = {"quant_type": "nf4", "blocksize": 64, "dtype": "bfloat16", "shape": [OUT, IN]}


def mark(**said):
    """The content of a layer's own mark."""
    return {"l.comfy_quant": json.dumps(said).encode()}


F8_LAYER = {"l.weight": ("F8_E4M3", [OUT, IN]), "l.weight_scale": ("F32", [])}
INT4 = {"l.weight": ("I8", [OUT, IN // 2]), "l.weight_scale": ("F16", [OUT, IN // 64])}
INT8 = {"l.weight": ("I8", [OUT, IN]), "l.weight_scale": ("F32", [OUT, 1])}
NVFP4 = {
    "l.weight": ("U8", [OUT, IN // 2]),
    "l.weight_scale": ("F8_E4M3", [OUT, IN // 16]),
    "l.weight_scale_2": ("F32", []),
}
W4A8 = {
    "l.weight": ("I8", [OUT, IN // 2]),
    "l.weight_s_rel": ("F8_E4M3", [OUT, IN // 16]),
    "l.weight_s_channel": ("F32", [OUT]),
    "l.weight_codebook": ("F32", [16]),
}
AWQ = {
    "l.weight": ("I8", [OUT, IN // 2]),
    "l.weight_scale": ("BF16", [IN // 64, OUT]),
    "l.weight_zeros": ("BF16", [IN // 64, OUT]),
}
SVDQUANT = {
    "l.weight": ("I8", [OUT, IN // 2]),
    "l.weight_scale": ("BF16", [IN // 64, OUT]),
    "l.weight_proj_down": ("BF16", [IN, 32]),
    "l.weight_proj_up": ("BF16", [OUT, 32]),
    "l.weight_smooth_factor": ("BF16", [IN]),
}
BNB = {
    "l.weight": ("U8", [OUT * IN // 2, 1]),
    "l.weight.absmax": ("U8", [OUT * IN // 64]),
    "l.weight.quant_map": ("F32", [16]),
    "l.weight.nested_absmax": ("F32", [2]),
    "l.weight.nested_quant_map": ("F32", [256]),
}


def nunchaku(low_rank, scales="BF16", group=64):
    """A layer as nunchaku has it; its low-rank branch is called `low_rank`_down and _up."""
    return {
        "l.qweight": ("I8", [OUT, IN // 2]),
        "l.wscales": (scales, [IN // group, OUT]),
        "l.smooth": ("BF16", [IN]),
        "l.smooth_orig": ("BF16", [IN]),
        f"l.{low_rank}_down": ("BF16", [IN, 32]),
        f"l.{low_rank}_up": ("BF16", [OUT, 32]),
    }


CASES = {
    "fp8 marked": ("f8_e4m3_scaled", "F8_E4M3", F8_LAYER, mark(format="float8_e4m3fn")),
    "fp8 unmarked": ("f8_e4m3_scaled", "F8_E4M3", F8_LAYER, {}),
    "fp8 of the first kind": (
        "f8_e4m3_scaled",
        "F8_E4M3",
        {
            "l.weight": ("F8_E4M3", [OUT, IN]),
            "l.scale_weight": ("F32", []),
            "l.scale_input": ("F32", []),
            "scaled_fp8": ("F8_E4M3", [2]),
        },
        {},
    ),
    "fp8 e5m2": (
        "f8_e5m2_scaled",
        "F8_E5M2",
        {"l.weight": ("F8_E5M2", [OUT, IN]), "l.weight_scale": ("F32", [])},
        {},
    ),
    "mxfp8 marked": (
        "mxfp8",
        "F8_E4M3",
        {**F8_LAYER, "l.weight_scale": ("U8", [OUT, IN // 32])},
        mark(format="mxfp8"),
    ),
    "mxfp8 unmarked": ("mxfp8", "F8_E4M3", {**F8_LAYER, "l.weight_scale": ("F8_E8M0", [OUT, IN // 32])}, {}),
    "nvfp4 marked": ("nvfp4", "F4", NVFP4, mark(format="nvfp4")),
    "nvfp4 unmarked": ("nvfp4", "F4", NVFP4, {}),
    "nvfp4 as the format's own type": ("nvfp4", "F4", {**NVFP4, "l.weight": ("F4", [OUT, IN])}, {}),
    "int8": ("int8_tensorwise", "I8", INT8, mark(format="int8_tensorwise")),
    "int8 with rotation": ("int8_convrot", "I8", INT8, mark(format="int8_tensorwise", convrot=True)),
    "int8 with rotation among its params": (
        "int8_convrot",
        "I8",
        INT8,
        mark(format="int8_tensorwise", params={"convrot": True}),
    ),
    "w4a4 with rotation": ("convrot_w4a4", "I4", INT4, mark(format="convrot_w4a4", convrot_groupsize=256)),
    "w4a8": ("asym_w4a8_int8", "I4", W4A8, mark(format="asym_w4a8_int8", group_size=16)),
    "w4a8 unmarked": ("asym_w4a8_int8", "I4", W4A8, {}),
    "awq": ("awq_w4a16", "U4", AWQ, {}),
    "comfy-kitchen's SVDQuant": ("svdquant_w4a4", "I4", SVDQUANT, {}),
    "nunchaku int4": ("svdq_int4", "I4", nunchaku("proj"), {}),
    "nunchaku int4, older names": ("svdq_int4", "I4", nunchaku("lora"), {}),
    "nunchaku fp4": ("svdq_fp4", "F4", nunchaku("proj", "F8_E4M3", 16), {}),
    "nunchaku awq": (
        "svdq_awq",
        "U4",
        {
            "l.qweight": ("I32", [OUT // 4, IN // 2]),
            "l.wscales": ("BF16", [IN // 64, OUT]),
            "l.wzeros": ("BF16", [IN // 64, OUT]),
        },
        {},
    ),
    "bitsandbytes nf4": ("bnb_nf4", "NF4", BNB, {NF4: json.dumps(NF4_NOTE).encode()}),
}


@pytest.mark.parametrize(("layout", "holds", "tensors", "notes"), CASES.values(), ids=CASES)
def test_a_packed_layer_is_what_it_holds(layout, holds, tensors, notes, tmp_path):
    table = read(lay(tmp_path / "m.safetensors", {**tensors, "l.bias": ("BF16", [OUT])}, contents=notes))
    seen = unpack(table)
    weight = next(name for name in ("l.weight", "l.qweight") if name in tensors)
    assert Tensor(weight, holds, (OUT, IN)) == seen.tensors[weight]
    assert {"l": layout} == seen.layouts
    assert sum(t.nbytes for t in seen.tensors.values()) == sum(t.nbytes for t in table.tensors.values())
    assert {weight, "l.bias"} == {t.name for t in seen.tensors.values() if not is_scale(t)}


@pytest.mark.parametrize(("layout", "holds", "tensors", "notes"), CASES.values(), ids=CASES)
def test_inspect_counts_a_packed_layers_parameters(layout, holds, tensors, notes, tmp_path):
    path = lay(tmp_path / "m.safetensors", {**tensors, "l.bias": ("BF16", [OUT])}, contents=notes)
    report = read_and_describe(path)
    assert OUT * IN + OUT == report.parameters
    assert (layout, 1, {layout: 1}) == (
        report.quantization.format,
        report.quantization.layers,
        report.quantization.by_format,
    )
    assert report.weight_bytes == report.file_bytes - report.header_bytes
    assert report.by_dtype[holds].bytes >= OUT * IN // 2


def test_every_layout_has_a_case():
    assert {row.id for row in layouts()} - {"bnb_fp4"} == {case[0] for case in CASES.values()}


def test_marks_in_the_metadata_count_without_the_checkpoints_prefix(tmp_path):
    said = json.dumps({"layers": {"blocks.0.l": {"format": "convrot_w4a4"}}})
    tensors = {
        f"model.diffusion_model.blocks.0.{name}": entry for name, entry in INT4.items()
    }  # without a mark this layer is int8
    table = read(lay(tmp_path / "m.safetensors", tensors, {"_quantization_metadata": said}))
    assert {"model.diffusion_model.blocks.0.l": "convrot_w4a4"} == unpack(table).layouts


@pytest.mark.parametrize(
    "content", [b"{nonsense", b"[1]", b"\xff\xfe", b"[" * 4000, b'{"format": 7}', b'{"format": ""}', b"{}"]
)
def test_a_mark_that_cannot_be_read_does_no_harm(content, tmp_path):
    table = read(lay(tmp_path / "m.safetensors", F8_LAYER, contents={"l.comfy_quant": content}))
    assert set(unpack(table).layouts.values()) <= {"f8_e4m3_scaled"}


def test_a_mark_beyond_its_bound_is_not_read(tmp_path):
    path = lay(tmp_path / "m.safetensors", F8_LAYER, contents={"l.comfy_quant": b" " * 5000})
    assert {} == read(path).notes


def test_marks_together_are_no_larger_than_the_header(tmp_path):
    contents = {f"l{n}.comfy_quant": b" " * 4000 for n in range(50)}
    table = read(lay(tmp_path / "m.safetensors", F8_LAYER, contents=contents))
    assert 0 < sum(map(len, table.notes.values())) <= table.header_bytes


def test_plain_files_have_no_layouts(tmp_path):
    tensors = {"l.weight": ("F8_E4M3", [OUT, IN]), "n.weight": ("U8", [3]), "ids": ("I32", [4])}
    report = read_and_describe(lay(tmp_path / "m.safetensors", tensors))
    assert (None, OUT * IN + 7) == (report.quantization, report.parameters)
