"""Video models beside Wan and Cosmos: what each file is told for, its bytes, and that ComfyUI agrees."""

import json
import subprocess
import sys

import pytest
from vram_forecast.estimator import facts
from vram_forecast.estimator.formats import Tensor, read
from vram_forecast.estimator.models import identify, match

# slug: row, what ComfyUI 0.33.0 calls it, billions of parameters. They are the makers' counts where these are
# no mere names (22B is with the text projection, CogVideoX's 5B are 5.6), and finer than their rounding.
CASES = {
    "hunyuan_video_t2v_720p_bf16": ("hunyuan-video", "HunyuanVideo", 12.821),
    "hunyuan_video_image_to_video_720p_bf16": ("hunyuan-video-i2v", "HunyuanVideoI2V", 12.811),
    "skyreels_hunyuan_i2v_bf16": ("skyreels-i2v", "HunyuanVideoSkyreelsI2V", 12.821),
    "hunyuanvideo1.5_720p_t2v_fp16": ("hunyuan-video-15", "HunyuanVideo15", 8.327),
    "hunyuanvideo1.5_1080p_sr_distilled_fp16": ("hunyuan-video-15-sr", "HunyuanVideo15_SR_Distilled", 8.331),
    "ltx-video-2b-v0.9": ("ltxv-2b", "LTXV", 1.924),
    "ltx-video-2b-v0.9.5": ("ltxv-2b", "LTXV", 1.924),
    "ltxv-13b-0.9.8-distilled": ("ltxv-13b", "LTXV", 13.043),
    "ltx-2-19b-dev": ("ltx-2-19b", "LTXAV", 19.6),
    "ltx-2.3-22b-dev": ("ltx-2.3-22b", "LTXAV", 21.0),
    "ltx-2.5-22b-distilled-transformer-bf16": ("ltx-2.5-22b", "LTXAV", 21.0),
    "mochi_preview_bf16": ("mochi", "GenmoMochi", 10.028),
    "void_pass1": ("cogvideox-inpaint", "CogVideoX_Inpaint", 5.571),
    "kandinsky5lite_t2v_sft_5s": ("kandinsky5-lite", "Kandinsky5", 2.008),
    "kandinsky5pro_t2v_sft_5s": ("kandinsky5-pro", "Kandinsky5", 19.311),
    "minimax_h3_fl2va_bf16": ("minimax-h3", "MiniMaxH3", 33.1),
    "minimax_h3_fl2va_pruned_int8_convrot": ("minimax-h3-pruned", "MiniMaxH3", 20.1),
}
# Bytes of the published file, and how many of them are its header and metadata.
PUBLISHED = {
    "hunyuanvideo1.5_720p_t2v_fp16": 16_653_368_128,
    "ltxv-13b-0.9.8-distilled": 28_579_183_564,
    "ltx-2.3-22b-dev": 46_149_344_974,
    "ltx-2.5-22b-distilled-transformer-bf16": 42_018_190_584,
    "minimax_h3_fl2va_bf16": 66_280_487_368,
    "minimax_h3_fl2va_pruned_int8_convrot": 20_970_379_616,
}
HEADER = 1024**2
# How HunyuanVideo's makers and the GGUF files of it name what ComfyUI names otherwise.
ORIGINAL = (
    ("_attn.qkv.", "_attn_qkv."),
    ("_attn.proj.", "_attn_proj."),
    ("_mod.lin.", "_mod.linear."),
    ("guidance_in.in_layer.", "guidance_in.mlp.0."),
    ("guidance_in.out_layer.", "guidance_in.mlp.2."),
)
DETECT = """
import json, sys
sys.path.insert(0, sys.argv[1])
from estimator.trace.checkout import comfy, open_checkout
open_checkout(sys.argv[2])
from estimator.trace.device import pretendable, pretended
from estimator.trace.models import of_slug
from estimator.trace.samplers import detected
found = {}
for slug, name in json.loads(sys.argv[3]).items():
    if hasattr(comfy("supported_models"), name):
        with pretended(pretendable()):
            config, _ = detected(of_slug(slug), pretendable())
        found[slug] = type(config).__name__
print(json.dumps(found))
"""


def tensors_of(slug, rename=lambda name: name):
    kept = facts.header(slug)["tensors"]
    return {rename(n): Tensor(rename(n), dtype, tuple(shape)) for n, (dtype, shape) in kept.items()}


@pytest.mark.parametrize("slug", CASES)
def test_a_video_model_is_told_by_one_row(slug, sparse_model, tmp_path):
    row, _, billions = CASES[slug]
    found = identify(read(sparse_model(slug, tmp_path / "m.safetensors"))).components
    (model,) = [one for one in found if one.role == "diffusion_model"]
    assert row == model.id
    assert billions == pytest.approx(model.parameters / 1e9, rel=0.01)


@pytest.mark.parametrize("slug", PUBLISHED)
def test_its_bytes_are_those_of_the_published_file(slug, sparse_model, tmp_path):
    tensors = read(sparse_model(slug, tmp_path / "m.safetensors")).tensors.values()
    assert 0 <= PUBLISHED[slug] - sum(tensor.nbytes for tensor in tensors) < HEADER


def test_hunyuan_video_is_told_under_its_makers_names_and_any_prefix():
    def original(name):
        for ours, theirs in ORIGINAL:
            name = name.replace(ours, theirs)
        return name.removeprefix("model.model.")

    for start in ("", "model.diffusion_model.", "diffusion_model."):
        named = tensors_of("hunyuan_video_t2v_720p_bf16", lambda name, start=start: start + original(name))
        assert ["hunyuan-video"] == [one.row.id for one in match(named)[0]]


@pytest.mark.parametrize(
    ("slug", "last", "row"),
    [
        ("hunyuan_video_t2v_720p_bf16", "double_blocks.19.", "hunyuan-video-other"),
        ("hunyuanvideo1.5_720p_t2v_fp16", "double_blocks.53.", "hunyuan-video-15-other"),
        ("ltxv-13b-0.9.8-distilled", "transformer_blocks.47.", "ltxv-other"),
        ("ltx-2.3-22b-dev", "transformer_blocks.47.", "ltxav-other"),
        ("void_pass1", "blocks.41.", "cogvideox-other"),
        ("kandinsky5pro_t2v_sft_5s", "visual_transformer_blocks.59.", "kandinsky5-other"),
        ("minimax_h3_fl2va_bf16", "blocks.49.", "minimax-h3-other"),
    ],
)
def test_another_depth_is_told_as_its_family_alone(slug, last, row):
    fewer = {name: tensor for name, tensor in tensors_of(slug).items() if last not in name}
    found = [one.row for one in match(fewer)[0] if one.row.role == "diffusion_model"]
    assert [(row, "")] == [(one.id, one.costs) for one in found]


def test_int8_layers_are_seen_with_their_scales(sparse_model, tmp_path):
    slug = "minimax_h3_fl2va_pruned_int8_convrot"
    (model,) = identify(read(sparse_model(slug, tmp_path / "m.safetensors"))).components
    assert "I8" == model.majority
    assert 200 == sum(tensor.dtype == "I8" for tensor in model.tensors)


def test_comfyui_detects_what_the_rows_say_of_models_that_its_version_knows(root, comfyui):
    says = {slug: comfy for slug, (_, comfy, _) in CASES.items()}
    done = subprocess.run(
        [sys.executable, "-c", DETECT, str(root), str(comfyui), json.dumps(says)],
        capture_output=True,
        text=True,
    )
    assert 0 == done.returncode, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert "LTXV" in found.values()
    assert {slug: says[slug] for slug in found} == found


FLOPS = """
import json, sys
sys.path.insert(0, sys.argv[1])
import msgspec
from estimator.costs.law import Shape
from estimator.trace.checkout import open_checkout
open_checkout(sys.argv[2])
from estimator.trace.device import pretendable, pretended
from estimator.trace.grid import grids
from estimator.trace.models import of_slug
from estimator.trace.run import Subject
grid = next(one for one in grids("ltxv-2b") if one.operation == "forward")
whole = msgspec.structs.replace(grid, row=msgspec.structs.replace(grid.row, repeats=()))
with pretended(pretendable()):
    for one in (grid, whole):
        subject = Subject(one, of_slug("ltx-video-2b-v0.9"), ("BF16", "BF16"), pretendable())
        meter = subject.trace(Shape(1, 128, 5, 16, 24, 128))
        print(json.dumps([len(subject.models), meter.peak, meter.flops]))
"""


def test_a_few_blocks_peak_and_count_as_all_do(root, comfyui):
    done = subprocess.run(
        [sys.executable, "-c", FLOPS, str(root), str(comfyui)], capture_output=True, text=True
    )
    assert 0 == done.returncode, done.stderr
    few, all_of_them = (json.loads(line) for line in done.stdout.splitlines()[-2:])
    assert [2, 1] == [few[0], all_of_them[0]]
    assert all_of_them[1:] == few[1:]
