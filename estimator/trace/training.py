"""A step of ComfyUI's `TrainLoraNode`: forward and backward through a model with adapters."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import torch

from ..costs.law import Shape
from . import backward, samplers
from .checkout import comfy
from .grid import Row
from .models import Header
from .values import Values

# What the node offers as defaults (TrainLoraNode.define_schema in comfy_extras/nodes_train.py).
RANK = 8
ALGORITHM = "LoRA"
LORA = torch.bfloat16


def build(
    row: Row,
    header: Header,
    storage: torch.dtype,
    compute: torch.dtype,
    device: str,
    *,
    depth: int = 0,
    bypass: bool = False,
) -> Any:
    """The model with new adapters on all its layers, its modules at `depth` checkpointed (0: none).

    `bypass`: adapters run beside the layers, else they change the layers' weights at each use.
    """
    nodes: Any = importlib.import_module("comfy_extras.nodes_train")
    model = samplers.of_header(header, storage, compute, device)
    model.requires_grad_(False).train()
    card = torch.device(device)
    patcher = comfy("model_patcher").ModelPatcher(model, load_device=card, offload_device=card)
    patcher.set_model_compute_dtype(compute)
    with torch.enable_grad():
        setup = nodes._setup_lora_adapters_bypass if bypass else nodes._setup_lora_adapters
        _, adapters, *hooks = setup(patcher, {}, ALGORITHM, LORA, RANK)
    with patch.object(torch.cuda, "synchronize", lambda *_: None):
        patcher.patch_model(device_to=card)
    with patch.object(comfy("model_management"), "get_torch_device", lambda: card):
        for injection in hooks[0].create_injections(model) if hooks else ():
            injection.inject(patcher)
    for module in nodes.find_modules_at_depth(model.diffusion_model, depth=depth) if depth else ():
        nodes.patch(module)
    params = [one for adapter in adapters for one in adapter.parameters()]
    for one in params:
        one.grad = torch.zeros_like(one)
    return SimpleNamespace(model=model, nodes=nodes, params=params, adapters=adapters, compute=compute)


def step(made: Any, row: Row, header: Header, shape: Shape, device: str) -> Callable[[], Any]:
    """Forward, loss and backward of one batch, by ComfyUI's own `TrainSampler`.

    The gradients are there before, as they are while they accumulate: they are counted with the adapters.
    """
    model = made.model
    shape, given = samplers.inputs_of(model, row, header, shape, device)
    latent = given.pop("x").to(made.compute)
    sigma, noise = torch.empty(shape.batch, device=device), torch.empty_like(latent)
    sampler = made.nodes.TrainSampler(torch.nn.MSELoss(), None, training_dtype=made.compute)

    def forward(noisy: Any, sigmas: Any, **_: Any) -> Any:
        return model.apply_model(noisy, sigmas, **given)

    def once() -> None:
        wrap = Guider(model, forward)
        sampler.fwd_bwd(wrap, sigma, noise, latent, [None] * shape.batch, [], {}, shape.batch)

    def call() -> None:
        with Values(), in_training(device):
            backward.of_last(once)

    return call


class Guider:
    """What `TrainSampler` takes for the guider: the model, called with conditionings of its own."""

    def __init__(self, model: Any, forward: Callable[..., Any]) -> None:
        """`forward`: what a call does."""
        self.inner_model, self.forward = model, forward
        self.conds: dict[str, Any] = {}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """One evaluation of the model."""
        return self.forward(*args, **kwargs)


@contextmanager
def in_training(device: str) -> Iterator[None]:
    """Inside, ComfyUI knows that it trains, and autocast works without a driver."""
    management = comfy("model_management")
    with ExitStack() as stack:
        if hasattr(management, "in_training"):
            stack.enter_context(patch.object(management, "in_training", True))
        if device == "cuda":
            common = torch.cuda.amp.common
            stack.enter_context(patch.object(common, "amp_definitely_not_available", lambda: False))
        yield
