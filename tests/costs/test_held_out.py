"""Laws at shapes that no fit has seen: traced points, kept as data by tools/trace_costs.py."""

import json
from pathlib import Path
from statistics import median

import pytest
from vram_forecast.estimator import facts
from vram_forecast.estimator.costs import Shape, cost
from vram_forecast.estimator.models import rows

FILES = {path.stem: path for path in Path(__file__).parent.glob("held_out/*.json")}
POINTS = {name: json.loads(FILES[name].read_text()) for name in sorted(FILES)}


def said(name, point):
    """The law's cost of a point, of the version that it was traced on."""
    return cost(
        name,
        point["operation"],
        Shape(**point["shape"]),
        comfy=point["version"],
        storage=point["storage"],
        compute_bytes=point["compute_bytes"],
    )


def errors(name, quantity):
    """The relative errors of a quantity over the points of a law file."""
    found = []
    for point in POINTS[name]:
        law = {
            "peak": said(name, point).activations.best,
            "flops": said(name, point).flops,
            "largest_conv": said(name, point).largest_conv,
        }[quantity]
        found.append(abs(law - point[quantity]) / max(1, point[quantity]))
    return found


def test_every_law_file_has_points_that_no_fit_saw():
    assert facts.names("costs") == tuple(f"costs/{name}" for name in POINTS)


# FLOPs of a UNet are furthest off (2.5 %) where a latent does not halve evenly: its deep levels round up.
# Chroma Radiance's head goes in tiles of 512 patches: a law is up to 2.9 % high where the last is not full.
# SeedVR2's VAE cuts convolutions of more than half a GiB in slices, CogVideoX's takes an odd number of frames
# in one turn less, and SeedVR2's windows end in whole cells: no affine law is closer.
LOOSER = {
    ("vae-seedvr2", "largest_conv"): (0.09, 0.01),
    ("vae-cogvideox", "largest_conv"): (0.04, 0.01),
    ("seedvr2-7b", "peak"): (0.02, 0.015),
}
WORST = {"peak": 0.03, "flops": 0.05, "largest_conv": 0.02}


@pytest.mark.parametrize("name", POINTS)
@pytest.mark.parametrize("quantity", WORST)
def test_a_law_holds_at_shapes_it_was_not_fitted_on(name, quantity):
    found = errors(name, quantity)
    worst, middle = LOOSER.get((name, quantity), (WORST[quantity], 0.01))
    assert max(found) <= worst
    assert median(found) <= middle


@pytest.mark.parametrize("name", POINTS)
def test_a_traced_peak_lies_in_the_band(name):
    outside = [
        point
        for point in POINTS[name]
        if not said(name, point).activations.low <= point["peak"] <= said(name, point).activations.high
    ]
    assert [] == outside


@pytest.mark.parametrize("name", POINTS)
def test_a_point_is_called_traced_inside_the_grid_and_modelled_outside(name):
    bases = {said(name, point).activations.basis for point in POINTS[name]}
    assert bases <= {"traced", "modelled"}
    assert "traced" in bases


def test_every_component_that_names_a_law_has_one():
    missing = {
        row.id: row.costs for row in rows() if row.costs and f"costs/{row.costs}" not in facts.names("costs")
    }
    assert {} == missing


@pytest.mark.parametrize("name", POINTS)
def test_a_model_has_at_least_three_shapes_that_no_fit_saw(name):
    assert len({json.dumps(point["shape"]) for point in POINTS[name]}) >= 3
