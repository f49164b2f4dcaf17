"""No workflow, however broken, does worse than a refusal in one line."""

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prompts import checkpoint, flux, node, nowhere, wan
from vram_forecast.estimator import check, encode, render
from vram_forecast.estimator.errors import InputError
from vram_forecast.estimator.options import machine

MACHINES = [
    machine(gpu="rtx-3060-12gb", ram=32, system="linux"),
    machine(gpu="rtx-2060", ram=8, system="windows", comfy="0.3.75"),
    machine(gpu="rx-9070-xt", ram=16, system="linux"),
    machine(vram=1, ram=1, system="linux", flags="--novram"),
]
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**40), 10**40),
    st.floats(),
    st.text(max_size=4),
    st.lists(st.integers(), max_size=2),
    st.tuples(st.sampled_from("123456789"), st.integers(-2, 9)).map(list),
    st.just({}),
)
CLASSES = st.sampled_from(
    [
        "KSampler",
        "VAEDecode",
        "VAEEncode",
        "LatentUpscaleBy",
        "LatentUpscale",
        "ImageScale",
        "ImageScaleBy",
        "Nothing",
        "ComfySwitchNode",
        "ComfyMathExpression",
        "SamplerCustomAdvanced",
        "VAEDecodeTiled",
        "WanImageToVideo",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_mutated_prompt_is_forecast_or_refused_in_one_line(data):
    prompt = copy.deepcopy(data.draw(st.sampled_from([flux(), checkpoint(), wan()])))
    for _ in range(data.draw(st.integers(1, 4))):
        changed = prompt[data.draw(st.sampled_from(sorted(prompt)))]
        if changed["inputs"] and data.draw(st.booleans()):
            changed["inputs"][data.draw(st.sampled_from(sorted(changed["inputs"])))] = data.draw(ODD)
        else:
            changed["class_type"] = data.draw(CLASSES)
    try:
        found = check(prompt, data.draw(st.sampled_from(MACHINES)), nowhere)
    except InputError as error:
        assert "\n" not in str(error)
    else:
        assert json.loads(encode(found))["verdict"] == found.forecast.verdict
        assert max(map(len, render(found, 80).splitlines())) <= 80


@pytest.mark.parametrize("side", [0, -8, 10**12, float("nan"), float("inf"), "wide", None, True])
def test_a_size_that_no_picture_has_is_unknown(side):
    prompt = flux() | {"4": node("EmptySD3LatentImage", width=side, height=1024, batch_size=1)}
    found = check(prompt, MACHINES[0], nowhere).forecast
    assert found.verdict == "unknown"
    assert next(step for step in found.steps if step.kind == "sample").because
