"""Points traced again on a real ComfyUI come out as they were kept, and as the laws of that version say."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from vram_forecast.estimator.costs import Shape, cost

HELD_OUT = Path(__file__).parent / "held_out"
# One of each sort: a UNet, transformers of pictures and of video, with and without repeats of blocks, a
# VAE each of pictures and of video, encoders of texts and pictures, and what stands beside a model.
SAMPLE = (
    "sdxl",
    "flux-fill",
    "sd35-medium",
    "wan-1.3b-t2v",
    "ltxv-2b",
    "vae-kl-16",
    "vae-wan22",
    "t5-base",
    "clip-vision-l",
    "controlnet-sd15",
    "sd15-training",
)
# In a process of its own: it imports ComfyUI and pretends a card.
TRACE = """
import json, sys
sys.path.insert(0, sys.argv[1])
from estimator.costs.law import Shape
from estimator.trace.checkout import open_checkout
checkout = open_checkout(sys.argv[2])
from estimator.trace.device import pretendable, pretended
from estimator.trace.grid import grids
from estimator.trace.models import of_slug
from estimator.trace.run import Subject
found = []
with pretended(pretendable()):
    for name, points in json.loads(sys.argv[3]).items():
        point = next((one for one in points if one["version"] == checkout.version), None)
        if point is None:
            continue
        grid = next(one for one in grids(name) if one.operation == point["operation"])
        header = of_slug(grid.row.headers[0]) if grid.row.headers else {}
        meter = Subject(grid, header, grid.row.dtypes[0], pretendable()).trace(Shape(**point["shape"]))
        found.append([name, point, meter.peak, meter.flops, max(meter.convs, default=0)])
print(json.dumps(found))
"""


def first_points():
    """Of each name, the points of the first pair of types that its row lists."""
    found = {}
    for name in SAMPLE:
        points = json.loads((HELD_OUT / f"{name}.json").read_text())
        kinds = [(one["operation"], one["storage"], one["compute_bytes"]) for one in points]
        found[name] = [one for one, kind in zip(points, kinds, strict=True) if kind == kinds[0]]
    return found


def test_points_traced_again_come_out_as_they_were_and_as_their_laws_say(root, comfyui):
    done = subprocess.run(
        [sys.executable, "-c", TRACE, str(root), str(comfyui), json.dumps(first_points())],
        capture_output=True,
        text=True,
    )
    assert 0 == done.returncode, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    if not found:
        pytest.skip("no law of this ComfyUI's version: run tools/trace_costs.py with it")
    for name, point, peak, flops, conv in found:
        kept = (point["peak"], point["flops"], point["largest_conv"])
        assert (name, kept) == (name, pytest.approx((peak, flops, conv), rel=1e-3))
        law = cost(
            name,
            point["operation"],
            Shape(**point["shape"]),
            comfy=point["version"],
            storage=point["storage"],
            compute_bytes=point["compute_bytes"],
        )
        assert (name, law.activations.best) == (name, pytest.approx(peak, rel=0.03))
        assert (name, law.flops) == (name, pytest.approx(flops, rel=0.05))
    assert len(found) >= len(SAMPLE) - 2
