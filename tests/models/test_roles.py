"""Networks beside a diffusion model, its encoders and its VAE: each is told by its own row, and by no other.

A case holds the tensors that a row asks for; that real files have them is said by the row's source.
"""

import pytest
from headers import lay
from vram_forecast.estimator.formats import read
from vram_forecast.estimator.models import identify, match, rows, unpack
from vram_forecast.estimator.report.files import read_and_describe

OTHERS = [row for row in rows() if row.role not in ("diffusion_model", "text_encoder", "vae", "lora")]
# Tensors that files of a row have besides, on which other rows could stumble.
BESIDE = {
    "controlnet-sdxl": {"label_emb.0.0.weight": [1280, 2816]},
    "controlnet-flux-diffusers": {"transformer_blocks.0.attn.to_q.weight": [3072, 3072]},
    "controlnet-sd3": {"controlnet_x_embedder.weight": [8, 8]},
    "controlnet-qwen": {"controlnet_x_embedder.weight": [3072, 64], "img_in.weight": [3072, 64]},
    "clip-vision-g": {f"vision_model.encoder.layers.{n}.layer_norm1.weight": [1664] for n in range(48)},
    "clip-vision-h": {f"vision_model.encoder.layers.{n}.layer_norm1.weight": [1280] for n in range(32)},
    "dinov2-giant": {"encoder.layer.23.layer_scale2.lambda1": [1536]},
    "hat": {
        "conv_first.weight": [180, 3, 3, 3],
        "layers.0.residual_group.blocks.0.norm1.weight": [180],
    },
    "swinir": {"conv_first.weight": [180, 3, 3, 3]},
    "t2i-adapter": {"body.0.block1.weight": [320, 320, 3, 3]},
    "t2i-adapter-light": {"body.0.body.0.block1.weight": [8, 8, 3, 3]},
}


def tensors_of(row):
    """What a row asks for, under its last prefix."""
    names = {name.replace("*", "x"): [8, 8] for name in row.has} | dict(row.shapes)
    return {
        row.prefixes[-1] + name: ("F16", shape) for name, shape in (names | BESIDE.get(row.id, {})).items()
    }


@pytest.mark.parametrize("row", OTHERS, ids=lambda row: row.id)
def test_a_file_is_of_its_own_row_and_of_no_other(row, tmp_path):
    path = lay(tmp_path / "m.safetensors", tensors_of(row))
    found, refused = match(unpack(read(path)).tensors)
    assert [row.id] == [one.row.id for one in found]
    assert len(rows()) - 1 == len(refused)
    report = read_and_describe(path)
    assert (row.role, row.family, row.variant) == (report.role, report.family, report.variant)
    assert report.weight_bytes == report.file_bytes - report.header_bytes > 0


def test_a_component_has_the_bytes_of_its_tensors(tmp_path):
    tensors = {"params_ema.conv_first.weight": ("F32", [64, 3, 3, 3])}
    tensors |= {f"params_ema.{name}.weight": ("F32", [8, 8]) for name in ("body.0.rdb1.conv1", "conv_last")}
    (component,) = identify(read(lay(tmp_path / "m.safetensors", tensors))).components
    assert ("upscale_model", (64 * 27 + 128) * 4) == (component.role, component.file_bytes)


def test_a_file_of_nothing_known_says_why_for_every_row(tmp_path):
    found = identify(read(lay(tmp_path / "m.safetensors", {"x": ("F32", [3])})))
    assert () == found.components
    assert [row.id for row in rows()] == [one.id for one in found.refusals]
    assert all(one.reason for one in found.refusals)
