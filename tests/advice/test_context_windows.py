"""context-windows: a long video in windows of the length that its model was made for."""

from advising import case_of, kept_promises, offered
from prompts import checkpoint, node, wan
from vram_forecast.estimator.advice.rules import context_windows
from vram_forecast.estimator.workflow.graph import Link

LONG = wan(832, 480, 241)


def test_each_expert_gets_windows_of_81_frames():
    case = case_of(LONG, gpu="rtx-4060")
    (change,) = kept_promises(context_windows, case)
    after = case.after(change).graph
    windows = after.of_type("WanContextWindowsManual")
    assert [one.inputs["context_length"] for one in windows] == [81, 81]
    assert [one.inputs["model"] for one in windows] == [Link("1", 0), Link("11", 0)]
    assert [after.nodes[key].inputs["model"] for key in ("7", "8")] == [Link(one.id, 0) for one in windows]
    assert change.title == "Sample the video in windows of 81 frames (WanContextWindowsManual)"


def test_a_guiders_model_goes_through_it_too():
    sampler = {"noise": ["23", 0], "guider": ["20", 0], "sampler": ["22", 0], "sigmas": ["21", 0]}
    prompt = LONG | {
        "7": node("SamplerCustomAdvanced", **sampler, latent_image=["4", 0]),
        "20": node("CFGGuider", model=["1", 0], positive=["5", 0], negative=["6", 0], cfg=3.5),
        "21": node("BasicScheduler", model=["1", 0], scheduler="simple", steps=20, denoise=1.0),
        "22": node("KSamplerSelect", sampler_name="euler"),
        "23": node("RandomNoise", noise_seed=1),
    }
    prompt["9"]["inputs"]["samples"] = ["7", 0]
    prompt.pop("8")
    case = case_of(prompt, gpu="rtx-4060")
    (change,) = kept_promises(context_windows, case)
    after = case.after(change).graph
    (window,) = after.of_type("WanContextWindowsManual")
    assert after.nodes["20"].inputs["model"] == Link(window.id, 0)
    assert after.nodes["21"].inputs["model"] == Link("1", 0)


def test_a_video_no_longer_than_a_window_is_left_whole():
    assert offered(context_windows, case_of(wan(1280, 720, 81), gpu="rtx-2060")) == {}


def test_so_are_pictures_and_a_comfyui_that_has_no_windows():
    assert offered(context_windows, case_of(checkpoint(side=2048, batch=16), gpu="rtx-4060")) == {}
    assert offered(context_windows, case_of(LONG, gpu="rtx-4060", comfy="0.3.50")) == {}
    assert offered(context_windows, case_of(LONG, gpu="rtx-4060", comfy="0.3.51")) != {}
