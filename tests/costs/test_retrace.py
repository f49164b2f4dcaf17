"""A point traced again on a real ComfyUI comes out as its law says."""

import json
import subprocess
import sys

import pytest
from vram_forecast.estimator.costs import Shape, cost

SHAPE = (2, 4, 1, 128, 128, 77)
# In a process of its own: it imports ComfyUI and pretends a card.
TRACE = """
import json, sys
sys.path.insert(0, sys.argv[1])
from estimator import facts
from estimator.costs.law import Shape
from estimator.trace.checkout import open_checkout
checkout = open_checkout(sys.argv[2])
from estimator.trace.device import pretendable, pretended
from estimator.trace.grid import grids
from estimator.trace.run import Subject
with pretended(pretendable()):
    (grid,) = grids("sdxl")
    header = facts.header(grid.row.headers[0])["tensors"]
    subject = Subject(grid, header, ("F16", "F16"), pretendable())
    meter = subject.trace(Shape(*json.loads(sys.argv[3])))
print(json.dumps([checkout.version, meter.peak, meter.flops, max(meter.convs)]))
"""


def test_sdxl_traced_again_gives_the_law_of_that_version(root, comfyui):
    done = subprocess.run(
        [sys.executable, "-c", TRACE, str(root), str(comfyui), json.dumps(SHAPE)],
        capture_output=True,
        text=True,
    )
    assert 0 == done.returncode, done.stderr
    version, peak, flops, conv = json.loads(done.stdout.splitlines()[-1])
    law = cost("sdxl", "forward", Shape(*SHAPE), comfy=version, storage="native", compute_bytes=2)
    if law.activations.basis != "traced":
        pytest.skip(f"no law of ComfyUI {version}: run tools/trace_costs.py with it")
    assert law.activations.best == pytest.approx(peak, rel=0.02)
    assert law.flops == pytest.approx(flops, rel=0.02)
    assert law.largest_conv == pytest.approx(conv, rel=0.02)
