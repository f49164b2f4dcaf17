"""Small networks beside a video model: one upscaling of a latent, one frame made between two."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import msgspec
import torch

from ..costs.law import Shape
from ..errors import InputError
from .checkout import comfy
from .grid import Row
from .models import METADATA, Header, state_dict
from .values import Values

BETWEEN = 2  # a frame in the middle: the node's own default


def build_upscaler(row: Row, header: Header, storage: torch.dtype, compute: torch.dtype, device: str) -> Any:
    """ComfyUI's upscaler of LTX latents, and the statistics of the autoencoder by which it scales them.

    Raises `InputError` where the file does not say its shape.
    """
    if "config" not in header.get(METADATA, {}):
        raise InputError("a latent upscaler without `config` in its metadata")
    config, operations = msgspec.json.decode(header[METADATA]["config"]), comfy("ops").disable_weight_init
    made = _class("comfy.ldm.lightricks.latent_upsampler", "LatentUpsampler")
    statistics = _class("comfy.ldm.lightricks.vae.causal_video_autoencoder", "processor")().to(device)
    return made.from_config(config, operations=operations).to(device=device, dtype=storage), statistics


def upscale_latent(model: Any, row: Row, header: Header, shape: Shape, device: str) -> Callable[[], Any]:
    """A whole latent from RAM, as the node "LTXVLatentUpsampler" does."""
    network, statistics = model
    sides = (shape.batch, network.in_channels, shape.frames, shape.height, shape.width)
    kept = torch.empty(sides, device="cpu")

    def call() -> Any:
        latents = kept.to(dtype=network.get_dtype(), device=device)
        latents = statistics.un_normalize(latents)
        upscaled = network(latents)
        return statistics.normalize(upscaled)

    return call


def build_interpolator(
    row: Row, header: Header, storage: torch.dtype, compute: torch.dtype, device: str
) -> Any:
    """The network that ComfyUI's loader makes of a header; raises `InputError` where it knows none."""
    loader = _class("comfy_extras.nodes_frame_interpolation", "FrameInterpolationModelLoader")
    try:
        with Values():
            network = loader._detect_and_load(state_dict(header, "cpu"))
    except (ValueError, KeyError, RuntimeError) as error:
        raise InputError("ComfyUI detects no frame interpolation in this header") from error
    return network.eval().to(device=device, dtype=compute)


def interpolate(model: Any, row: Row, header: Header, shape: Shape, device: str) -> Callable[[], Any]:
    """One frame between two, which come from RAM; the shape is in pixels."""
    align = getattr(model, "pad_align", 1)
    sides = (-(-side // align) * align for side in (shape.height, shape.width))
    frames = torch.empty(2, 3, *sides, device="cpu")

    def call() -> Any:
        first, second = (frames[at : at + 1].to(dtype=model.get_dtype(), device=device) for at in (0, 1))
        features = {"img0": model.extract_features(first), "img1": model.extract_features(second)}
        features["next"] = features["img1"]
        with Values():
            return _between(model, first, second, features)

    return call


def _between(model: Any, first: Any, second: Any, features: dict[str, Any]) -> Any:
    """The frame in the middle, by whichever way the network has."""
    if several := getattr(model, "forward_multi_timestep", None):
        return several(first, second, [1 / BETWEEN], cache=features)
    when = first.new_full((1, 1, *first.shape[2:]), 1 / BETWEEN)
    return model(first, second, timestep=when, cache=features)


def _class(module: str, name: str) -> Any:
    """A class of ComfyUI; raises `InputError` where this version has it not."""
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError):
        raise InputError(f"this ComfyUI has no `{module}.{name}`") from None
