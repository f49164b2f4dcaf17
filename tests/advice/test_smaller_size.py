"""smaller-size: the largest size at the same aspect that runs, wherever the size is written."""

import pytest
from advising import case_of, from_picture, hires, kept_promises, offered, runs, written
from prompts import checkpoint, flux, node, wan
from vram_forecast.estimator.advice.levers import Lever
from vram_forecast.estimator.advice.origin import Written
from vram_forecast.estimator.advice.rules import smaller_size
from vram_forecast.estimator.advice.ways import Way

SMALL = {"gpu": "rtx-2060"}


def test_width_and_height_become_the_largest_that_run_and_that_run_well():
    case = case_of(wan(1280, 720), **SMALL)
    most, well = kept_promises(smaller_size, case)
    assert written(most) == {("4", "width"): 1120, ("4", "height"): 624}
    assert written(well) == {("4", "width"): 960, ("4", "height"): 544}
    assert (most.choice, most.title) == ("1120x624", "Make it 1120 x 624 instead of 1280 x 720")
    assert 0 < most.harm < well.harm
    larger = case_of(wan(1136, 640), **SMALL)
    assert not runs(larger, type(most)("as it is"))


@pytest.mark.parametrize("prompt", [wan(1280, 720), wan(1280, 704), flux(4096, 2304, batch=8)])
def test_sides_are_multiples_and_the_aspect_stays(prompt):
    found = list(smaller_size.changes(case_of(prompt, **SMALL)))
    assert found
    for one in found:
        sides = written(one)
        width, height = sides["4", "width"], sides["4", "height"]
        before = prompt["4"]["inputs"]
        assert width % 16 == height % 16 == 0
        assert width / height == pytest.approx(before["width"] / before["height"], rel=0.03)


def test_a_unet_gets_multiples_of_64():
    case = case_of(checkpoint(side=2048, batch=16), gpu="rtx-4060")
    found = kept_promises(smaller_size, case)
    assert all(value % 64 == 0 for one in found for value in written(one).values())


def linked(prompt, more, width, height):
    """A prompt whose size comes over links."""
    given = prompt["4"]["inputs"] | {"width": width, "height": height}
    return prompt | more | {"4": prompt["4"] | {"inputs": given}}


def test_numbers_behind_links_are_written_where_they_are():
    more = {"50": node("PrimitiveInt", value=1280), "51": node("PrimitiveInt", value=720)}
    found = kept_promises(smaller_size, case_of(linked(wan(), more, ["50", 0], ["51", 0]), **SMALL))
    assert written(found[0]) == {("50", "value"): 1120, ("51", "value"): 624}


def test_behind_a_selector_of_resolutions_it_is_fewer_megapixels():
    selector = node("ResolutionSelector", aspect_ratio="16:9 (Widescreen)", megapixels=0.9, multiple=16)
    case = case_of(linked(wan(), {"50": selector}, ["50", 0], ["50", 1]), **SMALL)
    found = kept_promises(smaller_size, case)
    assert {one.node for change in found for one in change.edits} == {"50"}
    assert all(change.title.endswith("megapixels instead of 0.9") for change in found)


def test_a_picture_that_nothing_scales_is_scaled_before_it_is_encoded():
    prompt = from_picture(flux(batch=1), vae="3", slot=0)
    prompt["30"] = node("LoadImage", image="x.png")
    prompt["32"] = node("RepeatLatentBatch", samples=["31", 0], amount=24)
    prompt["8"]["inputs"]["latent_image"] = ["32", 0]
    case = case_of(prompt, **SMALL)
    found = kept_promises(smaller_size, case)
    (edit,) = found[0].edits
    assert (
        found[0].title
        == f"Scale the picture of LoadImage (node 30) to {found[0].choice[:-2]} megapixels first"
    )
    assert (edit.op, edit.class_type) == ("insert", "ImageScaleToTotalPixels")
    after = case.after(found[0]).graph
    assert after.nodes["31"].links()["pixels"].node == edit.node
    assert after.nodes[edit.node].links()["image"].node == "30"


def test_what_has_the_same_size_elsewhere_follows():
    prompt = wan(1280, 720)
    prompt["40"] = node("Flux2Scheduler", steps=20, width=1280, height=720)
    (first, *_) = smaller_size.changes(case_of(prompt, **SMALL))
    assert written(first)["40", "width"] == written(first)["4", "width"]
    assert first.effects == ("2 other inputs follow",)


def test_it_never_goes_below_half_of_what_a_model_was_trained_on():
    assert offered(smaller_size, case_of(flux(1024, 1024, batch=64), vram=4)) == {}


def test_where_only_a_vae_is_in_doubt_nothing_gets_smaller():
    for prompt in (flux(4096, 4096), hires(1536, 2.5), from_picture(checkpoint())):
        case = case_of(prompt, gpu="rtx-3060-12gb")
        assert any(step.tiled for step in case.forecast.steps)
        assert offered(smaller_size, case) == {}


def test_what_runs_well_stays_as_large_as_it_is():
    assert offered(smaller_size, case_of(checkpoint(), gpu="rtx-4090")) == {}


def test_megapixels_shrink_by_the_area_whatever_else_the_number_moves():
    case = case_of(flux(), gpu="rtx-4060")
    step = next(one for one in case.workload.steps if one.kind == "sample")
    root = 0.5**0.5
    lever = Lever(Written("4", "width", 4.0, whole=False), {"height": root, "width": root, "reference": 0.83})
    (edit,) = Way(step, 2, 16, (lever,)).moved(case, lever, 0.5)
    assert edit.value == 1.0
