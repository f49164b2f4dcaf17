"""smaller-upscale: a factor of enlarging, or the tiles of an upscaler that samples."""

from advising import case_of, hires, kept_promises, offered, written
from prompts import checkpoint
from vram_forecast.estimator.advice.rules import smaller_size, smaller_upscale

CROWDED = hires(1024, 3.0, batch=8)


def test_a_latent_is_enlarged_by_the_most_that_runs():
    case = case_of(CROWDED, gpu="rtx-4060")
    assert case.forecast.where.node == "21"
    found = kept_promises(smaller_upscale, case)
    assert {key for one in found for key in written(one)} == {("20", "scale_by")}
    assert all(1 < value < 3 and value % 0.25 == 0 for one in found for value in written(one).values())
    assert found[0].title.startswith("Enlarge ")


def test_the_first_pass_can_get_smaller_instead():
    found = offered(smaller_size, case_of(CROWDED, gpu="rtx-4060"))
    assert {key for one in found.values() for key in written(one)} == {("4", "width"), ("4", "height")}


def test_what_is_not_enlarged_is_left_alone():
    assert offered(smaller_upscale, case_of(checkpoint(side=2048, batch=16), gpu="rtx-4060")) == {}
    assert offered(smaller_upscale, case_of(hires(512, 2.0), gpu="rtx-4090")) == {}
