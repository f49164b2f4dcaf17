"""What picture transformers need of the tracer: inputs that may be left out, lone batches, experts."""

import pytest
from vram_forecast.estimator.costs import Shape, cost


def test_no_reference_pictures_are_none_and_not_an_empty_one(torch):
    from vram_forecast.estimator.trace.inputs import made

    row = {"refs": {"list": [["batch", 16, 16, "reference//16"]]}, "tokens": {"size": "text+1"}}
    without = made(row, Shape(1, 16, 1, 32, 32, 7), {}, "meta")
    assert {"tokens": 8} == without
    (one,) = made(row, Shape(1, 16, 1, 32, 32, 7, 64), {}, "meta")["refs"]
    assert (1, 16, 16, 4) == one.shape


def test_a_lone_batch_has_points_and_trials_of_its_own(torch):
    from vram_forecast.estimator.trace.grid import grids

    one, more = grids("qwen-image")
    assert {1} == {shape.batch for shape in one.points() + one.trials() + one.reach()}
    assert 1 not in {shape.batch for shape in more.points() + more.trials() + more.reach()}
    assert len(one.trials()) + len(more.trials()) == len(one.row.held_out)


def test_a_mask_picks_an_even_part_of_the_rows(torch):
    from vram_forecast.estimator.trace.choices import EvenChoice
    from vram_forecast.estimator.trace.device import pretendable, pretended

    with pretended(pretendable()), EvenChoice(4):
        rows = torch.empty(64, 8, device=pretendable())
        mask = torch.empty(64, device=pretendable()) == 1
        assert (16, 8) == rows[mask].shape
        rows[mask] = torch.empty(16, 8, device=pretendable())


# MiB; the design's check points and the reference's (comfyui-memory.md, ComfyUI 0.33.0).
POINTS = {
    "Qwen-Image": ("qwen-image", Shape(1, 16, 1, 166, 166, 64), 449.9),
    "Z-Image": ("z-image", Shape(1, 16, 1, 128, 128, 64), 481),
}


@pytest.mark.parametrize(("name", "shape", "peak"), POINTS.values(), ids=POINTS)
def test_a_peak_of_the_design_comes_out_of_its_law(name, shape, peak):
    found = cost(name, "forward", shape, comfy="0.33.0", storage="native", compute_bytes=2)
    assert peak == pytest.approx(found.activations.best / 1024**2, rel=0.02)
    assert "traced" == found.activations.basis


def test_a_batch_of_two_goes_by_its_own_law():
    one, two = (
        cost("qwen-image", "forward", shape, comfy="0.33.0", storage="native", compute_bytes=2)
        for shape in (Shape(1, 16, 1, 32, 32, 1024), Shape(2, 16, 1, 32, 32, 1024))
    )
    assert two.activations.best > 2.1 * one.activations.best
    assert "traced" == one.activations.basis == two.activations.basis
