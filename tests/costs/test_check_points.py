"""The peaks that the design names, out of the laws (MiB, ComfyUI 0.33.0 unless said)."""

import pytest
from vram_forecast.estimator.costs import Shape, cost
from vram_forecast.estimator.units import MIB

POINTS = {
    "FLUX.1 dev bf16": ("flux", "forward", Shape(1, 16, 1, 128, 128), "0.33.0", "native", 363.9),
    "FLUX.1 dev fp8 storage": ("flux", "forward", Shape(1, 16, 1, 128, 128), "0.33.0", "cast", 402.9),
    "SDXL, batch 2": ("sdxl", "forward", Shape(2, 4, 1, 128, 128), "0.33.0", "native", 315.3),
    "Wan 14B t2v": ("wan-14b-t2v", "forward", Shape(1, 16, 21, 60, 104), "0.33.0", "native", 3052.4),
    "Wan 14B t2v, 0.3.75": ("wan-14b-t2v", "forward", Shape(1, 16, 21, 60, 104), "0.3.75", "native", 3244),
    "FLUX VAE decode": ("vae-kl-16", "decode", Shape(1, 16, 1, 128, 128), "0.33.0", "native", 1296),
    "Wan 2.1 VAE decode": ("vae-wan21", "decode", Shape(1, 16, 21, 60, 104), "0.33.0", "native", 2762),
}


@pytest.mark.parametrize(
    ("name", "operation", "shape", "comfy", "storage", "peak"), POINTS.values(), ids=POINTS
)
def test_a_peak_of_the_design_comes_out_of_its_law(name, operation, shape, comfy, storage, peak):
    found = cost(name, operation, shape, comfy=comfy, storage=storage, compute_bytes=2)
    assert peak == pytest.approx(found.activations.best / MIB, rel=0.02)
    assert "traced" == found.activations.basis
