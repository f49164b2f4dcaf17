"""Forecasts of every verdict, of few steps and of many, for tests of their pictures."""

from prompts import checkpoint, flux, node, nowhere, wan
from vram_forecast.estimator import check
from vram_forecast.estimator.options import machine


def forecast(prompt, gpu="rtx-3060-12gb", **more):
    on = machine(gpu=gpu, **{"ram": 32, "system": "linux", "comfy": "0.33.0", "torch": "2.9"} | more)
    return check(prompt, on, nowhere, suggestions=0).forecast


def unknown_sampler():
    prompt = flux()
    prompt["8b"] = node("MyCustomSampler", model=["1", 0], latent=["8", 0])
    prompt["9"]["inputs"]["samples"] = ["8b", 0]
    return prompt


def chained(samplers):
    """SDXL sampled again and again: three steps for each time."""
    prompt, last = checkpoint(), "8"
    for at in range(samplers):
        prompt[f"d{at}"] = node("VAEDecode", samples=[last, 0], vae=["1", 2])
        prompt[f"e{at}"] = node("VAEEncode", pixels=[f"d{at}", 0], vae=["1", 2])
        again = prompt["8"]["inputs"] | {"latent_image": [f"e{at}", 0], "seed": at}
        last = f"s{at}"
        prompt[last] = node("KSampler", **again)
    prompt["9"]["inputs"]["samples"] = [last, 0]
    return prompt


CASES = {
    "resident": lambda: forecast(checkpoint(), "rtx-4070"),
    "streamed": lambda: forecast(flux()),
    "video": lambda: forecast(wan(), "rtx-4060-ti-16gb", ram=64),
    "disk": lambda: forecast(flux(), "rtx-4060", ram=16),
    "oom": lambda: forecast(checkpoint(side=4096, batch=8), "rtx-3060-8gb", flags="--disable-dynamic-vram"),
    "unknown": lambda: forecast(unknown_sampler(), "rtx-4090"),
    "40 steps": lambda: forecast(chained(13), "rtx-4070"),
    "nothing": lambda: forecast({"1": node("EmptyImage", width=64, height=64, batch_size=1, color=0)}),
}
