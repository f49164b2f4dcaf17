"""Attention without fused kernels: ComfyUI's own functions traced, beside what the law makes of it."""

import json
import subprocess
import sys

import pytest
from vram_forecast.estimator.costs import Shape, Unfused, cost
from vram_forecast.estimator.costs.attention import Scores, slices
from vram_forecast.estimator.units import GIB, MIB

SHAPES = [(1, 4, 1, 128, 128, 77), (2, 4, 1, 64, 96, 77)]
FREE = [1, 8]
# In a process of its own: ComfyUI chooses its attention when it is imported.
TRACE = """
import json, sys
sys.path.insert(0, sys.argv[1])
kind, name, slug, shapes, free = json.loads(sys.argv[3])
from estimator import facts
from estimator.costs.law import Shape
from estimator.trace.checkout import comfy, open_checkout
checkout = open_checkout(sys.argv[2], {"split": "split", "sub_quad": "quad"}[kind])
from estimator.trace.device import pretendable, pretended
from estimator.trace.grid import grids
from estimator.trace.run import Subject
peaks = []
with pretended(pretendable()):
    (grid,) = [one for one in grids(name) if one.operation == "forward"]
    subject = Subject(grid, facts.header(slug)["tensors"], ("F16", "F16"), pretendable())
    for there in free:
        answer = lambda *a, **k: (there << 30, there << 30) if len(a) > 1 and a[1] else there << 30
        comfy("model_management").get_free_memory = answer
        peaks += [subject.trace(Shape(*shape)).peak for shape in shapes]
print(json.dumps([checkout.version, peaks]))
"""


@pytest.mark.parametrize("kind", ["split", "sub_quad"])
def test_the_peak_without_a_fused_kernel_is_what_comfyuis_own_attention_takes(kind, root, comfyui):
    asked = json.dumps([kind, "sdxl", "sd_xl_base_1.0", SHAPES, FREE])
    done = subprocess.run(
        [sys.executable, "-c", TRACE, str(root), str(comfyui), asked], capture_output=True, text=True
    )
    assert 0 == done.returncode, done.stderr
    version, peaks = json.loads(done.stdout.splitlines()[-1])
    ours = [
        cost(
            "sdxl",
            "forward",
            Shape(*shape),
            comfy=version,
            storage="native",
            compute_bytes=2,
            attention=Unfused(kind, free * GIB),
        ).activations.best
        for free in FREE
        for shape in SHAPES
    ]
    assert ours == [pytest.approx(peak, rel=0.05) for peak in peaks]


@pytest.mark.parametrize("kind", ["split", "sub_quad"])
def test_less_free_memory_means_smaller_slices_down_to_an_end(kind):
    scores = Scores(24, 4352, 4352, 128, 2)
    used = [slices(scores, Unfused(kind, free * MIB))[1] for free in (1, 64, 512, 4096, 1 << 20)]
    least = slices(scores, Unfused(kind, 0))[0]
    assert used == sorted(used)
    assert least <= used[0] < used[-1]


def test_without_a_fused_kernel_the_peak_grows_by_the_scores():
    shape = Shape(1, 4, 1, 128, 128, 77)
    asked = {"comfy": "0.33.0", "storage": "native", "compute_bytes": 2}
    fused = cost("sdxl", "forward", shape, **asked).activations
    split = cost("sdxl", "forward", shape, **asked, attention=Unfused("split", 64 * GIB)).activations
    # The first level that attends has 64 x 64 tokens and 10 heads; two copies of the scores live at once.
    assert split.best - fused.best > 10 * 4096 * 4096 * 2
    assert split.low < split.best / 3
