"""A diffusion model that no row names: its inputs are found by trying, and it peaks as its own law says.

The models here have rows, which are not asked: so what is found can be compared.
"""

import json
import subprocess
import sys

import pytest
from vram_forecast.estimator.costs import Shape, cost

# header, its law, dimensions of its latent, a shape
CASES = [
    ("sd3.5_medium", "sd35-medium", 2, (1, 0, 1, 128, 128, 154)),
    ("aura_flow_0.3", "aura-flow", 2, (1, 0, 1, 128, 128, 256)),
    ("Chroma1-HD", "chroma", 2, (1, 0, 1, 128, 128, 300)),
    ("wan2.1_t2v_1.3B_fp16", "wan-1.3b-t2v", 3, (1, 0, 21, 60, 104, 512)),
    ("lumina2_bf16", "lumina2", 2, (1, 0, 1, 128, 128, 256)),
]
# In a process of its own: it imports ComfyUI and pretends a card.
PROBE = """
import json, sys
sys.path.insert(0, sys.argv[1])
from estimator.costs.law import Shape
from estimator.trace.checkout import open_checkout
checkout = open_checkout(sys.argv[2])
from estimator.trace import probe
from estimator.trace.device import pretendable, pretended
from estimator.trace.grid import of_row
from estimator.trace.models import of_slug
from estimator.trace.run import Subject
found = []
for slug, _, dimensions, shape in json.loads(sys.argv[3]):
    with pretended(pretendable()):
        header, native = of_slug(slug), ("BF16", "BF16")
        row = probe.probed(header, dimensions, native, pretendable())
        found.append(Subject(of_row(row)[0], header, native, pretendable()).trace(Shape(*shape)).peak)
print(json.dumps([checkout.version, found]))
"""


def test_a_model_of_no_row_peaks_as_the_law_of_its_row_says(root, comfyui):
    command = [sys.executable, "-c", PROBE, str(root), str(comfyui), json.dumps(CASES)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert 0 == done.returncode, done.stderr
    version, peaks = json.loads(done.stdout.splitlines()[-1])
    for (slug, name, _, shape), peak in zip(CASES, peaks, strict=True):
        law = cost(name, "forward", Shape(*shape), comfy=version, storage="native", compute_bytes=2)
        assert (slug, peak) == (slug, pytest.approx(law.activations.best, rel=0.02))
