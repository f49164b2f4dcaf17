"""ControlNets and T2I adapters: one `get_control`, as ComfyUI's sampler calls it, and what it leaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import torch
from torch.utils._pytree import tree_leaves

from ..costs.law import Shape
from ..errors import InputError
from . import inputs
from .checkout import comfy
from .grid import Row
from .models import Header, state_dict

# What the sampler hands on; its input is a copy of the latent, as models that predict noise scale it.
SAMPLING = SimpleNamespace(timestep=lambda sigma: sigma, calculate_input=lambda sigma, latent: latent * 1)


def build(row: Row, header: Header, storage: torch.dtype, compute: torch.dtype, device: str) -> Any:
    """ComfyUI's control of a header, its weights held as `storage`.

    Raises `InputError` where ComfyUI makes none, or one that computes in another type.
    """
    tensors = {name: value.to(storage) for name, value in state_dict(header, "cpu").items()}
    found = comfy("controlnet").load_controlnet_state_dict(tensors, model_options={"dtype": storage})
    if found is None:
        raise InputError("ComfyUI detects no control model in this header")
    if adapter(found):
        found.t2i_model.to(device)
        found.t2i_model.cpu = lambda: None  # the next call would bring the weights again
        return found
    if (found.manual_cast_dtype or storage) != compute:
        raise InputError(f"ComfyUI casts this control model to {found.manual_cast_dtype}, not to {compute}")
    found.control_model.to(device)
    found.model_sampling_current = SAMPLING
    return found


def control(model: Any, row: Row, header: Header, shape: Shape, device: str) -> Callable[[], Any]:
    """`get_control`: of a ControlNet with its hint on the card, encoded where that is what it takes."""
    given = inputs.made(row.inputs, shape, header, device)
    latent, hint = given.pop("x"), given.pop("hint")
    known = {name: given.pop(name) for name in ("c_crossattn", *model.extra_conds) if name in given}
    for name, value in given.items():
        model.set_extra_arg(name, value)
    sigma = torch.empty(shape.batch, device=device)

    def call() -> Any:
        """One pass of the sampler."""
        model.control_input = None
        if adapter(model):
            model.cond_hint, model.cond_hint_original = None, hint.to("cpu")
        else:
            model.cond_hint = torch.empty_like(
                hint, dtype=model.manual_cast_dtype or model.control_model.dtype
            )
        return model.get_control(latent, sigma, known, 1, {})

    return call


def residuals(model: Any, row: Row, header: Header, shape: Shape, device: str) -> Callable[[], Any]:
    """What lies on the card while the diffusion model runs: the outputs and the hint, each once."""
    found = control(model, row, header, shape, device)()
    kept = {id(one): one for one in tree_leaves((found, held(model))) if isinstance(one, torch.Tensor)}
    return lambda: [torch.empty_like(one) for one in kept.values()]


def held(model: Any) -> Mapping[str, Any]:
    """What a control keeps from pass to pass."""
    return {"hint": model.cond_hint, "features": getattr(model, "control_input", None)}


def adapter(model: Any) -> bool:
    """Whether it is a T2I adapter: it looks at the hint once, and never at the latent."""
    return hasattr(model, "t2i_model")
