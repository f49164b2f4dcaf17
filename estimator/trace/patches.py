"""Model patches: a diffusion model's forward with a control that ComfyUI hangs into its blocks."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import torch

from ..costs.law import Shape
from . import samplers
from .checkout import comfy
from .grid import Row
from .models import Header, of_slug, state_dict

# Pixels along a side of a latent cell, of the VAEs of the models that take such patches.
CELL = 8


def build(row: Row, header: Header, storage: torch.dtype, compute: torch.dtype, device: str) -> Any:
    """The model of the row's `host` header in these types, and the patch of this header in its own."""
    comfy("sd")  # imports what the loader takes for imported
    model = samplers.of_header(of_slug(row.host), storage, compute, device)
    nodes: Any = importlib.import_module("comfy_extras.nodes_model_patch")
    tensors = state_dict(header, "cpu")

    def read(*_: Any, return_metadata: bool = False, **__: Any) -> Any:
        return (tensors, {}) if return_metadata else tensors

    with ExitStack() as stack:
        stack.enter_context(patch.object(comfy("utils"), "load_torch_file", read))
        stack.enter_context(patch.object(nodes.folder_paths, "get_full_path_or_raise", lambda *_: ""))
        (control,) = nodes.ModelPatchLoader().load_model_patch("")
    control.model.to(device)
    return SimpleNamespace(model=model, control=control, nodes=nodes)


def patched(made: Any, row: Row, header: Header, shape: Shape, device: str) -> Callable[[], Any]:
    """The model's forward, with the patch and what it keeps of its picture on the card."""
    picture = torch.empty(1, shape.height * CELL, shape.width * CELL, 3, device="cpu")
    control = applied(made, picture, shape, device)
    kept = control.encoded_image
    options = {"patches": {"double_block": [control], "noise_refiner": [control]}}
    run = samplers.forward(made.model, row, of_slug(row.host), shape, device, transformer_options=options)

    def call() -> Any:
        control.encoded_image = torch.empty_like(kept)
        return run()

    return call


def applied(made: Any, picture: Any, shape: Shape, device: str) -> Any:
    """The patch at work on a picture, which a VAE encodes."""
    latent = made.model.latent_format
    sides = (1, shape.height, shape.width)[-latent.latent_dimensions :]
    encoded = torch.empty(1, latent.latent_channels, *sides, device=device)
    vae = SimpleNamespace(encode=lambda _: encoded.clone(), spacial_compression_encode=lambda: CELL)
    lumina = type(made.control.model).__name__ == "ZImage_Control"
    kind = "ZImageControlPatch" if lumina else "DiffSynthCnetPatch"
    return getattr(made.nodes, kind)(made.control, vae, picture, 1.0)
