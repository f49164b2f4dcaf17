"""Forecasts on a machine that ran such steps before: their bands are as measured, and nothing else moves."""

import random
from functools import cache

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from learning_machines import Truth
from prompts import checkpoint, flux, nowhere, wan
from vram_forecast.estimator.advice.setup import restarted
from vram_forecast.estimator.api import check, limits
from vram_forecast.estimator.history.learn import corrections
from vram_forecast.estimator.history.rows import Done
from vram_forecast.estimator.options import machine
from vram_forecast.estimator.runtime.attention import kernels
from vram_forecast.estimator.units import MIB, Estimate

TRUTH = Truth(1.02, 90 * MIB, 0.005)


def here(**more):
    return machine(**({"gpu": "rtx-4070", "ram": 64, "system": "linux", "comfy": "0.33.0"} | more))


def taught(where, rows):
    """The machine with what rows of it teach."""
    return msgspec.structs.replace(where, corrections=corrections(rows))


def forecast(prompt, where):
    return check(prompt, where, nowhere, suggestions=0).forecast


def step(found, kind):
    return next(one for one in found.steps if one.kind == kind)


def rows(found, truth=TRUTH, times=5, pace=1.25, seed=1):
    """What is recorded when all steps of a forecast run, so many times."""
    chance = random.Random(seed)
    return [row(one, truth, pace, chance) for one in found.steps for _ in range(times) if one.law]


def row(one, truth, pace, chance):
    """What is recorded of a step."""
    said = one.by_law
    return Done(
        run="r",
        node=one.node,
        class_type=one.class_type,
        kind=one.kind,
        law=one.law,
        shape=one.shape,
        passes=one.passes,
        activations=said.activations,
        forecast_per_pass=said.seconds,
        per_pass=said.seconds.best * pace * chance.uniform(0.99, 1.01) if said.seconds else None,
        before=0,
        peak=round(truth.takes(said.activations.best, chance)),
        after=0,
    )


PROMPTS = {"flux": flux, "sdxl": checkpoint, "wan": wan}


@pytest.mark.parametrize(
    ("prompt", "kind", "law"),
    [
        (flux(), "sample", "flux:forward:native:2"),
        (flux(dtype="fp8_e4m3fn"), "sample", "flux:forward:cast_fp8:2"),
        (flux(), "encode_text", "clip-l:encode_text:cast:4+t5xxl:encode_text:cast:4"),
        (flux(), "decode", "vae-kl-16:decode:native:2"),
        (checkpoint(), "sample", "sdxl:forward:native:2"),
    ],
)
def test_a_step_names_the_law_of_its_price(prompt, kind, law):
    assert step(forecast(prompt, here()), kind).law == law


def test_what_is_beside_a_model_is_in_the_name_of_its_law():
    control = {
        "20": {
            "class_type": "ControlNetLoader",
            "inputs": {"control_net_name": "controlnet-union-sdxl-1.0.safetensors"},
        },
        "21": {"class_type": "EmptyImage", "inputs": {"width": 1024, "height": 1024, "batch_size": 1}},
        "22": {
            "class_type": "ControlNetApplyAdvanced",
            "inputs": {
                "positive": ["5", 0],
                "negative": ["6", 0],
                "control_net": ["20", 0],
                "image": ["21", 0],
                "strength": 1.0,
                "start_percent": 0.0,
                "end_percent": 1.0,
            },
        },
    }
    plain = checkpoint()
    sampler = plain["8"]["inputs"] | {"positive": ["22", 0], "negative": ["22", 1]}
    found = forecast(plain | control | {"8": plain["8"] | {"inputs": sampler}}, here())
    law = step(found, "sample").law
    assert law.startswith("sdxl:forward:native:2+controlnet-sdxl") and ":control:" in law


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        ("", "fused"),
        ("--lowvram --reserve-vram 2", "fused"),
        ("--use-sage-attention", "fused --use-sage-attention"),
        ("--fast autotune", "fused --fast autotune"),
        ("--use-split-cross-attention", "split --use-split-cross-attention"),
    ],
)
def test_numbers_are_known_by_the_kernels_that_ran(flags, told):
    assert kernels(here(flags=flags)) == told


@pytest.mark.parametrize("prompt", PROMPTS.values(), ids=PROMPTS)
def test_a_correction_of_other_laws_moves_nothing(prompt):
    plain = forecast(prompt(), here())
    others = [msgspec.structs.replace(one, law=f"other-{one.law}") for one in rows(plain)]
    assert forecast(prompt(), taught(here(), others)) == plain


@pytest.mark.parametrize("prompt", PROMPTS.values(), ids=PROMPTS)
def test_what_a_pass_takes_and_how_long_are_as_measured(prompt):
    plain = forecast(prompt(), here())
    found = forecast(prompt(), taught(here(), rows(plain)))
    changed = 0
    for before, after in zip(plain.steps, found.steps, strict=True):
        known, took = before.activations + before.workspace, TRUTH.takes(before.by_law.activations.best, LOW)
        assert after.law == before.law and after.by_law == before.by_law
        assert after.activations.low <= took <= after.activations.high + after.workspace.high
        if after.activations.basis == "measured":
            changed += 1
            assert after.workspace == Estimate(0, 0, 0, "measured")
            assert width(after.activations) < width(known)
        if before.seconds and before.kind == "sample":
            assert after.seconds.best == pytest.approx(1.25 * before.seconds.best, rel=0.05)
            assert width(after.seconds) < width(before.seconds)
    assert changed >= 3


LOW = random.Random(5)


def width(band):
    return band.high - band.low


def test_what_was_learned_does_not_feed_on_itself():
    plain = forecast(flux(), here())
    first = taught(here(), rows(plain))
    again = taught(here(), rows(forecast(flux(), first)))
    assert again.corrections == first.corrections


def test_a_machine_that_is_only_asked_about_has_learned_nothing():
    assert here().corrections == () and machine(vram=24).corrections == ()


def test_with_other_kernels_only_the_pace_is_kept():
    known = taught(here(), rows(forecast(flux(), here())))
    assert restarted(known, ["--lowvram"]).corrections == known.corrections
    other = restarted(known, ["--use-sage-attention"]).corrections
    assert all(one.beside is None for one in other)
    assert [one.seconds for one in other] == [one.seconds for one in known.corrections]


def test_a_model_whose_weights_are_held_in_another_way_is_as_likely_off():
    known = taught(here(), rows(forecast(flux(), here())))
    lighter = flux(dtype="fp8_e4m3fn")
    before, after = step(forecast(lighter, here()), "sample"), step(forecast(lighter, known), "sample")
    assert after.by_law == before.by_law
    assert after.resident_seconds.best == pytest.approx(1.25 * before.resident_seconds.best, rel=0.1)
    assert after.resident_seconds.low <= before.resident_seconds.low
    assert after.resident_seconds.high >= before.resident_seconds.high
    assert (after.activations, after.workspace) == (before.activations, before.workspace)


def test_scores_that_take_what_is_free_have_no_measured_band():
    flags = {"flags": "--use-split-cross-attention"}
    plain = forecast(checkpoint(), here(**flags))
    found = forecast(checkpoint(), taught(here(**flags), rows(plain)))
    one, other = step(found, "sample"), step(plain, "sample")
    assert (one.activations, one.workspace) == (other.activations, other.workspace)


def test_advice_and_limits_count_with_what_was_learned():
    where = here(gpu="", vram=6)
    rows_here = rows(forecast(flux(), where), Truth(1.0, 1500 * MIB, 0.005))
    more = taught(where, rows_here)
    assert step(forecast(flux(), more), "sample").need.low > step(forecast(flux(), where), "sample").need.low
    assert limits(flux(), more, nowhere) is not None
    assert check(flux(2048, 2048), more, nowhere).suggestions is not None


def test_tiles_that_follow_where_memory_runs_out_are_as_measured_too():
    where = here(gpu="", vram=6)
    plain = forecast(flux(2048, 2048), where)
    tiled = step(plain, "decode")
    assert tiled.tiled
    found = step(forecast(flux(2048, 2048), taught(where, rows(plain))), "decode")
    assert found.tiled and found.activations.basis == "measured"


@cache
def plain_forecast(side, vram):
    return forecast(flux(side, side), here(gpu="", vram=vram))


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([512, 768, 1024, 1536, 2048]),
    st.lists(st.sampled_from([512, 1024, 2048]), min_size=1, max_size=3, unique=True),
    st.floats(1.0, 1.02),
    st.floats(0, 220),
    st.integers(0, 1000),
    st.floats(0.8, 1.3),
    st.booleans(),
)
def test_no_correction_calls_fine_what_does_not_fit(asked, ran, factor, plus, seed, share, full):
    """A card about as large as the step truly needs: where it is too small, the forecast says so."""
    truth, chance = Truth(factor, plus * MIB, 0.01, seed=seed), random.Random(seed)
    done = [
        one
        for side in ran
        for one in rows(plain_forecast(side, 12), truth, times=4, seed=seed)
        if one.kind == "sample"
    ]
    if full:
        done = [msgspec.structs.replace(one, full=True) for one in done]
    first = step(plain_forecast(asked, 12), "sample")
    took = truth.takes(first.by_law.activations.best, chance)
    vram = round(share * (first.need.best - first.activations.best - first.workspace.best + took) / 2**30, 2)
    before = step(plain_forecast(asked, vram), "sample")
    where = taught(here(gpu="", vram=vram), done)
    after = step(forecast(flux(asked, asked), where), "sample")
    apart = before.need.best - before.activations.best - before.workspace.best
    if apart + took > where.device.total:
        assert after.verdict == "oom" or after.tight
    if full:
        assert after == before
