"""VAEs and upscale models in tiles: our shapes beside those that ComfyUI's own code cuts."""

import json
import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prompts import checkpoint, node, nowhere
from vram_forecast.estimator.api import check
from vram_forecast.estimator.costs import Shape
from vram_forecast.estimator.forecast import retry, tiles
from vram_forecast.estimator.options import machine
from vram_forecast.estimator.units import GIB, MIB
from vram_forecast.estimator.workflow.latents import latent_format
from vram_forecast.estimator.workflow.values import Step


def step(prompt, gpu, kind, comfy="0.33.0"):
    """The first step of a kind."""
    found = check(prompt, machine(gpu=gpu, ram=64, system="linux", comfy=comfy), nowhere).forecast
    return next(one for one in found.steps if one.kind == kind)


# A VAE of ComfyUI's class whose network writes down what it is given, and fails on the first, whole latent.
REAL = """
import contextlib, json, sys
sys.path.insert(0, sys.argv[1])
import torch
from comfy.cli_args import args
args.cpu = True
import comfy.model_management as mm
import comfy.sd, comfy.utils
import comfyui_version

class Network:
    def __init__(self, up, down, fails):
        self.up, self.down, self.fails, self.seen = up, down, fails, []
    def decode(self, latent, **options):
        return self.run(latent, self.up)
    def encode(self, pixels, **options):
        return self.run(pixels, self.down)
    def run(self, given, scale):
        if self.fails:
            self.fails = False
            raise torch.cuda.OutOfMemoryError("whole")
        self.seen.append(list(given.shape[2:]))
        return torch.zeros([1, 1, *(scale(i, n) for i, n in enumerate(given.shape[2:]))])

def vae(case, fails=True):
    found = object.__new__(comfy.sd.VAE)
    video = case["dimensions"] == 3
    up = lambda i, n: n * 4 - 3 if video and i == 0 else n * 8
    down = lambda i, n: (n + 3) // 4 if video and i == 0 else n // 8
    found.first_stage_model = Network(up, down, fails)
    found.latent_dim, found.latent_channels, found.output_channels = case["dimensions"], 1, 1
    found.extra_1d_channel, found.handles_tiling, found.disable_offload = None, False, False
    found.not_video, found.crop_input, found.size = False, False, None
    found.upscale_ratio = (lambda a: max(0, a * 4 - 3), 8, 8) if video else 8
    found.upscale_index_formula = (4, 8, 8) if video else None
    found.downscale_ratio = (lambda a: max(0, (a + 3) // 4), 8, 8) if video else 8
    found.downscale_index_formula = (4, 8, 8) if video else None
    used = lambda shape, dtype: torch.Size(shape[2:]).numel() * case["each"]
    found.memory_used_decode = found.memory_used_encode = used
    found.vae_dtype, found.device = torch.float32, torch.device("cpu")
    found.output_device = found.device
    found.process_input = found.process_output = lambda image: image
    found.throw_exception_if_invalid = lambda: None
    found.vae_encode_crop_pixels = lambda pixels: pixels
    found.vae_output_dtype = lambda: torch.float32
    found.format_encoded = None
    found.patcher = type("Patcher", (), {"get_free_memory": lambda self, device: 1 << 40})()
    return found

mm.load_models_gpu = lambda *a, **k: None
mm.soft_empty_cache = lambda *a, **k: None
mm.cuda_device_context = lambda device: contextlib.nullcontext()
inference = torch.inference_mode()
inference.__enter__()
answers = []
for case in json.load(sys.stdin):
    mm.get_total_memory = lambda device=None: case["total"]
    one = vae(case, fails=not case.get("tile"))
    shape = case["shape"]
    if case["operation"] == "decode" and case.get("tile"):
        asked = {"tile_x": case["tile"], "tile_y": case["tile"], "overlap": case["overlap"]}
        if case["dimensions"] == 3:
            asked |= {"tile_t": case["tile_frames"], "overlap_t": case["overlap_frames"]}
        one.decode_tiled(torch.zeros([1, 1, *shape]), **asked)
    elif case["operation"] == "decode":
        one.decode(torch.zeros([1, 1, *shape]))
    else:
        count = shape[0] * 4 - 3 if case["dimensions"] == 3 else 1
        one.encode(torch.zeros([count, shape[-2] * 8, shape[-1] * 8, 3])[..., :1])
    answers.append(one.first_stage_model.seen)
print(json.dumps([comfyui_version.__version__, answers]))
"""
FLAT = [(64, 64), (65, 70), (33, 150)]
VIDEO = [(9, 40, 36), (2, 33, 31)]


def cases():
    """Latents of several sizes, flat and of video, whole and as a node asks, to be decoded or encoded."""
    base = {"each": 1000, "total": 10**9}
    for height, width in FLAT:
        one = base | {"dimensions": 2, "shape": [height, width]}
        yield one | {"operation": "decode"}
        yield one | {"operation": "encode"}
        yield one | {"operation": "decode", "tile": 48, "overlap": 4}
    for shape in VIDEO:
        one = base | {"dimensions": 3, "shape": list(shape)}
        yield one | {"operation": "encode"}
        for total in (10**9, 40 * 10**6, 10**6):
            yield one | {"operation": "decode", "total": total}
        yield one | {
            "operation": "decode",
            "tile": 32,
            "overlap": 8,
            "tile_frames": 8,
            "overlap_frames": 2,
        }


def ours(case, version):
    """The shapes that we say, the frames of a flat latent left out."""
    frames, height, width = case["shape"] if case["dimensions"] == 3 else (1, *case["shape"])
    shape = Shape(1, 16, frames, height, width)
    cell = latent_format("wan21" if case["dimensions"] == 3 else "flux")
    asked = {
        name: case[name] for name in ("tile", "tile_frames", "overlap", "overlap_frames") if name in case
    }
    one = Step("", "", "", "decode", (), law=case["operation"], shape=shape, **asked)
    if case.get("tile"):
        found = retry.asked(one, cell)
    else:

        def estimate(part):
            return part.frames * part.height * part.width * case["each"]

        found = retry.retried(one, cell, version, case["total"], estimate)
    sides = Counter()
    for piece, count in found.items():
        encodes = case["operation"] == "encode"
        own = (piece.height * 8, piece.width * 8) if encodes else (piece.height, piece.width)
        deep = cell.frames(piece.frames) if encodes else piece.frames
        sides[(deep, *own) if case["dimensions"] == 3 else own] += count
    return sides


def test_latents_are_cut_as_comfyuis_own_vae_cuts_them(comfyui):
    asked = list(cases())
    done = subprocess.run(
        [sys.executable, "-c", REAL, str(comfyui)],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        cwd=comfyui,
    )
    assert done.returncode == 0, done.stderr
    version, answers = json.loads(done.stdout.splitlines()[-1])
    for case, theirs in zip(asked, answers, strict=True):
        assert ours(case, version) == Counter(map(tuple, theirs)), (version, case)


@given(st.integers(1, 400), st.integers(2, 64), st.integers(0, 60))
def test_tiles_along_a_side_reach_its_end_and_are_none_too_long(side, tile, overlap):
    overlap = min(overlap, tile - 1)
    found = tiles.lengths(side, tile, overlap)
    assert max(found) == min(tile, side)
    assert found.total() == (1 if side <= tile else -(-(side - overlap) // (tile - overlap)))
    assert sum(length * count for length, count in found.items()) - overlap * (found.total() - 1) == side


def test_a_flat_vae_does_its_work_three_times_in_tiles():
    found = tiles.flat(Shape(1, 16, 1, 128, 128), 64, 16)
    work = sum(count * one.height * one.width for one, count in found.items())
    assert 3 * 128 * 128 < work < 3 * 1.75 * 128 * 128


def test_before_0_32_a_videos_retry_takes_tiles_of_256_pixels_and_all_frames():
    one = Step("", "", "", "decode", (), law="decode", shape=Shape(1, 16, 21, 60, 104))
    old = retry.video_tile(one, latent_format("wan21"), "0.18.1", GIB, lambda shape: GIB * shape.frames)
    assert (old.height, old.width, old.frames, old.overlap) == (32, 32, 21, 8)


def test_from_0_32_on_a_videos_retry_takes_fewer_frames_until_a_tile_fits_and_then_larger_tiles():
    one = Step("", "", "", "decode", (), law="decode", shape=Shape(1, 16, 21, 60, 104))

    def tile(total):
        def estimate(shape):
            return shape.frames * shape.height * shape.width * MIB // 4

        return retry.video_tile(one, latent_format("wan21"), "0.33.0", total, estimate)

    assert (tile(64 * GIB).height, tile(64 * GIB).frames) == (64, 21)
    assert (tile(8 * GIB).height, tile(8 * GIB).frames) == (32, 21)
    assert (tile(2 * GIB).height, tile(2 * GIB).frames) == (32, 6)


def tiled(**widgets):
    """SDXL decoded in tiles."""
    return checkpoint() | {
        "9": node(
            "VAEDecodeTiled",
            samples=["8", 0],
            vae=["1", 2],
            **{"tile_size": 512, "overlap": 64, "temporal_size": 64, "temporal_overlap": 8, **widgets},
        )
    }


def test_a_tiled_node_reserves_for_a_tile_from_0_32_on_and_for_all_before():
    new, old = (step(tiled(), "rtx-4090", "decode", comfy) for comfy in ("0.33.0", "0.18.1"))
    assert (new.comfy_reserves, old.comfy_reserves) == (4356 * MIB // 4, 4356 * MIB)


def test_a_flat_vae_in_tiles_takes_longer_than_whole_and_less_memory():
    whole, cut = (step(prompt, "rtx-4090", "decode") for prompt in (checkpoint(), tiled()))
    assert cut.activations.best < whole.activations.best / 3
    assert 2.5 < cut.seconds.best / whole.seconds.best < 6


def test_more_overlap_is_more_work():
    seconds = [step(tiled(overlap=overlap), "rtx-4090", "decode").seconds.best for overlap in (0, 64, 128)]
    assert seconds == sorted(seconds) and seconds[0] < seconds[-1]


def upscaled(model="4x-UltraSharp.pth", side=1024):
    """A picture through an upscale model."""
    return {
        "1": node("UpscaleModelLoader", model_name=model),
        "2": node("EmptyImage", width=side, height=side, batch_size=1, color=0),
        "3": node("ImageUpscaleWithModel", upscale_model=["1", 0], image=["2", 0]),
        "4": node("SaveImage", images=["3", 0], filename_prefix="x"),
    }


def test_an_upscale_model_tries_ever_smaller_tiles_of_the_whole_picture():
    one = Step(
        "", "", "", "upscale", (), law="upscale", shape=Shape(1, 3, 1, 1024, 1024), tile=512, overlap=32
    )
    sides = [tile.height for tile in retry.smaller(one)]
    counts = [tiles.pieces(one.shape, tile).total() for tile in retry.smaller(one)]
    assert (sides, counts) == ([256, 128], [25, 121])


@pytest.mark.parametrize(("gpu", "cut"), [("rtx-4090", False), ("rtx-3050-6gb", True)])
def test_an_upscale_model_reserves_for_its_tile_and_all_the_picture(gpu, cut):
    found = step(upscaled(), gpu, "upscale")
    assert found.comfy_reserves == 4 * 1152 * MIB + 1024 * 1024 * 3 * 4
    assert found.seconds.best > 0
