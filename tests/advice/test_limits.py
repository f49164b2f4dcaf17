"""Limits: the numbers that say how large, how long and how many, and how far each can go."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prompts import checkpoint, flux, node, nowhere, wan
from vram_forecast.estimator import api
from vram_forecast.estimator.advice import Case
from vram_forecast.estimator.advice.limits.border import border
from vram_forecast.estimator.advice.limits.course import Course
from vram_forecast.estimator.advice.limits.dial import dial
from vram_forecast.estimator.advice.limits.made import made
from vram_forecast.estimator.advice.limits.setting import effects
from vram_forecast.estimator.advice.limits.standards import standards
from vram_forecast.estimator.errors import InputError
from vram_forecast.estimator.models.library import Library
from vram_forecast.estimator.options import machine
from vram_forecast.estimator.report import limits as report
from vram_forecast.estimator.workflow import read
from vram_forecast.estimator.workflow.edits import apply

LIBRARY = Library(nowhere)


def limited(prompt, **where):
    here = machine(**{"gpu": "rtx-3060-12gb", "ram": 64, "system": "linux"} | where)
    found = api.limits(prompt, here, nowhere)
    return {one.name: one for one in found.quantities}, found


def case_of(prompt, **where):
    return Case(read(prompt), machine(**{"ram": 64, "system": "linux"} | where), LIBRARY)


def of(quantity, stays):
    return next(one for one in quantity.limits if one.stays == stays)


def sound():
    return {
        "1": node("CheckpointLoaderSimple", ckpt_name="ace_step_1.5_turbo_aio.safetensors"),
        "4": node("EmptyAceStep1.5LatentAudio", seconds=120.0, batch_size=1),
        "5": node("TextEncodeAceStepAudio1.5", clip=["1", 1], tags="folk", lyrics="", duration=120.0),
        "6": node("ConditioningZeroOut", conditioning=["5", 0]),
        "8": checkpoint()["8"] | {"inputs": checkpoint()["8"]["inputs"] | {"cfg": 1.0}},
        "9": node("VAEDecodeAudio", samples=["8", 0], vae=["1", 2]),
        "10": node("SaveAudio", audio=["9", 0], filename_prefix="x"),
    }


def from_picture(scale=None):
    """Image to image: the latent is a picture's, brought to a size or not."""
    pixels = ["21", 0] if scale else ["20", 0]
    return (
        checkpoint()
        | {
            "20": node("LoadImage", image="lighthouse.png"),
            "4": node("VAEEncode", pixels=pixels, vae=["1", 2]),
        }
        | ({"21": scale} if scale else {})
    )


# What is found.


def test_a_size_is_set_by_both_sides_of_the_latent_in_the_models_multiples():
    size = limited(flux(1344, 768))[0]["size"]
    assert [(one.node, one.input) for one in size.settings] == [("4", "width"), ("4", "height")]
    assert size.step == 16
    best = of(size, "running").made
    assert best.width % 16 == best.height % 16 == 0
    assert abs(best.width / best.height - 1344 / 768) < 0.02


def test_frames_are_those_that_the_latent_can_have():
    frames = limited(wan(640, 640))[0]["frames"]
    assert frames.value == 81
    assert of(frames, "running").made.frames % 4 == 1


def test_latents_that_are_made_apart_change_together():
    twice = checkpoint() | {
        "14": node("EmptyLatentImage", width=1024, height=1024, batch_size=1),
        "18": checkpoint()["8"]
        | {"inputs": checkpoint()["8"]["inputs"] | {"latent_image": ["14", 0], "seed": 2}},
        "19": node("VAEDecode", samples=["18", 0], vae=["1", 2]),
        "20": node("SaveImage", images=["19", 0], filename_prefix="y"),
    }
    size = limited(twice)[0]["size"]
    assert {one.node for one in size.settings} == {"4", "14"}
    assert len({edit.value for edit in of(size, "running").edits}) == 1


def test_a_second_pass_grows_with_the_first_and_its_factor_stays():
    hires = checkpoint(side=512) | {
        "14": node("LatentUpscaleBy", samples=["8", 0], upscale_method="bislerp", scale_by=2.0),
        "18": checkpoint()["8"] | {"inputs": checkpoint()["8"]["inputs"] | {"latent_image": ["14", 0]}},
        "9": node("VAEDecode", samples=["18", 0], vae=["1", 2]),
    }
    found, whole = limited(hires)
    assert {(one.node, one.input) for one in found["size"].settings} == {("4", "width"), ("4", "height")}
    assert whole.made.width == 1024
    assert of(found["size"], "running").made.width % 128 == 0


def test_numbers_are_followed_to_where_they_are_written():
    linked = flux() | {"30": node("PrimitiveInt", value=1024)}
    linked["4"]["inputs"] |= {"width": ["30", 0], "height": ["30", 0]}
    size = limited(linked)[0]["size"]
    assert [(one.node, one.input) for one in size.settings] == [("30", "value")]


def test_a_schedule_that_is_told_the_size_is_told_the_new_one():
    told = flux() | {
        "31": node(
            "ModelSamplingFlux", model=["1", 0], max_shift=1.15, base_shift=0.5, width=1024, height=1024
        )
    }
    told["8"]["inputs"]["model"] = ["31", 0]
    size = limited(told)[0]["size"]
    assert {one.node for one in size.settings} == {"4", "31"}


def test_seconds_of_frames_are_not_frames_a_second():
    timed = wan(640, 640) | {
        "30": node("PrimitiveInt", value=5),
        "31": node("PrimitiveInt", value=16),
        "32": node(
            "ComfyMathExpression", expression="a * b + 1", **{"values.a": ["30", 0], "values.b": ["31", 0]}
        ),
    }
    timed["4"]["inputs"]["length"] = ["32", 1]
    timed["10"]["inputs"]["fps"] = ["31", 0]
    frames = limited(timed)[0]["frames"]
    assert [(one.node, one.input) for one in frames.settings] == [("30", "value")]
    assert of(frames, "running").made.frames == of(frames, "running").value * 16 + 1


def test_a_picture_that_is_scaled_is_set_where_it_is_scaled():
    by_area = node(
        "ImageScaleToTotalPixels", image=["20", 0], upscale_method="area", megapixels=1.0, resolution_steps=1
    )
    size = limited(from_picture(by_area))[0]["size"]
    assert [(one.node, one.input) for one in size.settings] == [("21", "megapixels")]


# What has no limit says why.


def test_a_picture_as_it_is_loaded_has_no_size_to_set():
    found = limited(from_picture())[0]
    assert (found["size"].limits, found["size"].why) == ((), "its size is that of what it opens")
    assert found["batch"].why == "no node of it sets a batch"


def test_a_picture_model_makes_no_frames():
    assert limited(flux())[0]["frames"].why == "it makes pictures, not video"


def test_a_sound_has_seconds_and_no_size():
    found = limited(sound())[0]
    assert found["size"].why == found["frames"].why == "it makes sound"
    assert {(one.node, one.input) for one in found["seconds"].settings} == {
        ("4", "seconds"),
        ("5", "duration"),
    }


def test_what_is_not_understood_is_not_promised():
    strange = flux() | {"30": node("NobodyKnows", model=["1", 0])}
    strange["8"]["inputs"]["model"] = ["30", 0]
    found, whole = limited(strange)
    assert {one.why for one in found.values()} == {"NobodyKnows (node 30) is not understood"}
    assert "NobodyKnows" in report.summary(whole)


def test_what_nothing_makes_run_is_said_to_be_so():
    found, whole = limited(wan(), gpu="", vram=1)
    assert all(of(one, "running").forecast is None for one in found.values() if one.limits)
    assert "nothing makes it run" in report.summary(whole)


def test_where_the_cards_speed_is_not_known_nothing_is_called_quick():
    found, whole = limited(flux(), gpu="", vram=12)
    assert "quick" not in {one.stays for one in found["size"].limits}
    assert "How much slower it gets is not known" in report.render(whole)


# What is said is true.

PROMPTS = {
    "flux": lambda side, batch: flux(side, side, batch),
    "fp8": lambda side, batch: flux(side, side, batch, dtype="fp8_e4m3fn"),
    "sdxl": lambda side, batch: checkpoint(side=side, batch=batch),
    "wan": lambda side, batch: wan(side, side, 1 + 16 * batch),
}
CARDS = st.fixed_dictionaries(
    {
        "gpu": st.sampled_from(["gtx-1060-6gb", "rtx-2060", "rtx-3060-12gb", "rtx-4060-ti-16gb", "rtx-4090"]),
        "ram": st.sampled_from([16, 32, 64]),
        "comfy": st.sampled_from(["0.33.0", "0.3.75"]),
        "system": st.sampled_from(["linux", "windows"]),
    }
)


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(sorted(PROMPTS)), st.sampled_from([512, 1024, 1536]), st.integers(1, 4), CARDS)
def test_each_limit_is_kept_where_it_is_and_not_one_step_further(name, side, batch, card):
    prompt = PROMPTS[name](side, batch)
    found, whole = limited(prompt, **card)
    tests = standards(whole.slowdown)
    for quantity in found.values():
        for limit in quantity.limits:
            keeps = tests[limit.stays].holds
            if limit.forecast is None:
                assert not keeps(whole.forecast)
                assert not keeps(limit.beyond)
                continue
            after = Case(apply(read(prompt), limit.edits), machine(**card), LIBRARY)
            assert keeps(after.forecast)
            assert made(after.workload) == limit.made
            assert limit.beyond is None or not keeps(limit.beyond)


@settings(max_examples=8, deadline=None)
@given(st.sampled_from(sorted(PROMPTS)), st.sampled_from([512, 1024]), st.integers(1, 3), CARDS)
def test_all_between_now_and_a_limit_is_as_it_says(name, side, batch, card):
    case = case_of(PROMPTS[name](side, batch), **card)
    found = effects(case)
    for quantity in ("batch", "frames"):
        turned = dial(case, quantity, found)
        if turned is None:
            continue
        every = Course(case, turned)
        for standard in standards(1.5).values():
            assert border(Course(case, turned), standard) == looked_up(every, standard)


def looked_up(course, standard):
    """The border by a forecast of every place between the start and it."""
    place, last = course.dial.start, len(course.dial.values) - 1
    if standard.holds(course.forecast(place)):
        while place < last and standard.holds(course.forecast(place + 1)):
            place += 1
        return place
    while place >= 0 and not standard.holds(course.forecast(place)):
        place -= 1
    return place if place >= 0 else None


def test_where_need_falls_again_the_limit_lies_at_its_first_peak():
    """Two conditions in one pass take room that they leave where each runs for itself."""
    case = case_of(checkpoint(), vram=8)
    course = Course(case, dial(case, "batch", effects(case)))
    resident = standards(1.5)["resident"]
    first = border(course, resident)
    held = [resident.holds(course.forecast(place)) for place in range(first + 12)]
    assert held[: first + 2] == [True] * (first + 1) + [False]
    assert any(held[first + 2 :])


def test_from_a_start_that_fails_the_next_below_is_looked_for():
    case = case_of(checkpoint(batch=16), vram=8)
    course = Course(case, dial(case, "batch", effects(case)))
    resident = standards(1.5)["resident"]
    assert border(course, resident) == looked_up(course, resident) < course.dial.start


def test_limits_within_each_other_are_in_order():
    for one in limited(checkpoint())[0].values():
        if one.limits:
            values = [of(one, stays).value for stays in ("resident", "safe", "running")]
            assert values == sorted(values)


# Anything may come in.


@pytest.mark.parametrize("value", [0, -5, 2**31 - 2, 1e30, float("inf"), True, None, "wide", [], ["8", 0]])
@pytest.mark.parametrize("name", ["width", "batch_size"])
def test_a_value_that_is_no_size_is_answered_or_refused(name, value):
    broken = flux()
    broken["4"]["inputs"][name] = value
    try:
        _, whole = limited(broken)
    except InputError:
        return
    assert report.render(whole)
    assert report.encode(whole)


def test_a_workflow_beyond_all_bounds_is_not_searched():
    large = flux() | {str(at): node("PrimitiveInt", value=at) for at in range(1000, 1700)}
    assert limited(large)[0]["size"].why == "a workflow of more than 600 nodes is not searched"
