"""Networks that run within a sampler's pass: their weights, their own peak, and what they keep alive."""

import pytest
from msgspec.structs import replace
from prompts import checkpoint, node, nowhere
from vram_forecast.estimator import check
from vram_forecast.estimator.costs import cost
from vram_forecast.estimator.models.library import Library
from vram_forecast.estimator.options import machine
from vram_forecast.estimator.workflow import lower, read

CANNY, UNION = "controlnet-canny-sdxl-1.0_fp16.safetensors", "diffusion_pytorch_model_union_sdxl.safetensors"


def steered(*names):
    """SDXL with a chain of ControlNets on both prompts."""
    prompt, pair = checkpoint(), (["5", 0], ["6", 0])
    for number, name in enumerate(names):
        net, apply = f"net{number}", f"apply{number}"
        prompt[net] = node("ControlNetLoader", control_net_name=name)
        prompt[apply] = node(
            "ControlNetApplyAdvanced",
            positive=pair[0],
            negative=pair[1],
            control_net=[net, 0],
            image=["picture", 0],
            strength=1.0,
            start_percent=0.0,
            end_percent=1.0,
        )
        pair = ([apply, 0], [apply, 1])
    prompt["picture"] = node("EmptyImage", width=1024, height=1024, batch_size=1, color=0)
    prompt["8"]["inputs"] |= {"positive": pair[0], "negative": pair[1]}
    return prompt


def sampled(prompt):
    """The forecast of the sampling step on a large card."""
    here = machine(gpu="rtx-4090", ram=64, system="linux", comfy="0.33.0")
    return next(step for step in check(prompt, here, nowhere).forecast.steps if step.kind == "sample")


def law(prompt, name):
    """What a law of the ControlNet says for the sampling step's pass of both prompts."""
    work = lower(read(prompt), Library(nowhere))
    (step,) = [step for step in work.steps if step.kind == "sample"]
    part = work.loaded[step.sides[0].component].component
    shape = replace(step.sides[0].shape, batch=2)
    return cost(part.costs, name, shape, comfy="0.33.0", storage="native", compute_bytes=2)


def test_what_a_controlnet_gives_stays_while_the_model_runs():
    alone, beside = sampled(checkpoint()), sampled(steered(CANNY))
    kept = law(steered(CANNY), "residuals").activations.best
    assert kept > 0
    assert beside.activations.best == pytest.approx(alone.activations.best + kept)
    assert beside.weights > alone.weights
    assert beside.seconds.best > alone.seconds.best


def test_a_controlnet_s_own_pass_is_computed_too():
    alone, beside = sampled(checkpoint()), sampled(steered(CANNY))
    assert beside.passes == alone.passes
    assert law(steered(CANNY), "control").flops > 0


def test_each_of_two_controlnets_keeps_its_own():
    one, two = sampled(steered(CANNY)), sampled(steered(CANNY, UNION))
    assert two.activations.best > one.activations.best
    assert two.weights > one.weights


def test_a_controlnet_that_is_not_known_leaves_the_step_unknown():
    step = sampled(steered("nobody-knows-this-one.safetensors"))
    assert step.verdict == "unknown"
