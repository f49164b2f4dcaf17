"""Text encoders that write: the pass that reads the prompt, and a later one that adds a token.

Both are ComfyUI's own loop with a single step: it ends where the token that it chose is one that stops, and
as no fake token has a value, each is told to be such.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_map

from ..costs.law import Shape
from . import inputs
from .checkout import comfy
from .encoders import TOKEN
from .grid import Row
from .models import Header

# What writers compute in on a card that has bf16 (comfy/text_encoders/llama.py:1012-1017).
COMPUTE = torch.bfloat16


def prefill(model: Any, row: Row, header: Header, shape: Shape, device: str) -> Callable[[], Any]:
    """The first pass: a prompt of `text_tokens`, with room for `width` tokens that follow it."""
    model.execution_device = torch.device(device)
    given = inputs.made(row.inputs, shape, header, device)
    return lambda: written(model, shape.batch, shape.text_tokens, shape.width, given)


def write_token(model: Any, row: Row, header: Header, shape: Shape, device: str) -> Callable[[], Any]:
    """A later pass: one token, which makes `text_tokens` with those before it."""
    model.execution_device = torch.device(device)
    given, before = inputs.made(row.inputs, shape, header, device), shape.text_tokens - 1
    kept = filled(model, shape.batch, before, device)

    def call() -> Any:
        past = [(*tree_map(torch.empty_like, one[:2]), before) if one else one for one in kept]
        if not writes(model):
            return planned(model, shape, past, device)
        with patch.object(model.transformer, "init_kv_cache", lambda *_: past):
            return written(model, shape.batch, 1, 1, given)

    return call


def written(model: Any, batch: int, prompt: int, more: int, given: dict[str, Any]) -> Any:
    """One step of ComfyUI's loop: of an encoder that writes, or of a planner of sounds."""
    if writes(model):
        with single_step(model.transformer.model.config.stop_tokens[-1]):  # the last is in every list of them
            return model.generate([[(TOKEN, 1.0)] * prompt] * batch, max_length=more, **given)
    loop = comfy("text_encoders.ace15").sample_manual_loop_no_classes
    with single_step(given["eos_token_id"]):
        return loop(model, [[TOKEN] * prompt] * batch, min_tokens=more, max_new_tokens=more, **given)


def planned(model: Any, shape: Shape, past: Any, device: str) -> Any:
    """A later pass of a planner of sounds: its loop makes its cache where none can be put in its place."""
    embeds = torch.empty(shape.batch, 1, model.transformer.model.config.hidden_size, device=device)
    mask = torch.ones(shape.batch, shape.text_tokens, dtype=torch.int64, device=device)
    made = model.transformer(None, mask, embeds=embeds.to(COMPUTE), dtype=COMPUTE, past_key_values=past)
    return made, torch.sort(model.transformer.logits(made[0])[:1, -1])


def filled(model: Any, batch: int, tokens: int, device: str) -> Any:
    """What each layer keeps of so many tokens, with room for one more."""
    inner = model.transformer.model
    make = model.transformer.init_kv_cache if writes(model) else inner.init_kv_cache
    embeds = torch.empty(batch, tokens, inner.config.hidden_size, dtype=COMPUTE, device=device)
    ids = torch.zeros(batch, tokens, dtype=torch.int64, device=device)
    past = make(batch, tokens + 1, torch.device(device), COMPUTE)
    return inner(None, embeds=embeds, past_key_values=past, input_ids=ids)[2]


def writes(model: Any) -> bool:
    """Whether an encoder has a loop of its own; else it plans sounds by another."""
    return hasattr(model.transformer, "generate")


@contextmanager
def single_step(stop: int) -> Iterator[None]:
    """Inside, every token that is chosen reads as `stop`, and random numbers need no card."""
    with patch.object(torch, "Generator", lambda **_: torch._C.Generator()), Chosen(stop):
        yield


class Chosen(TorchFunctionMode):
    """Inside, a whole number that is read out of a tensor is the token that was told."""

    def __init__(self, token: int) -> None:
        """`token`: what every choice comes out as."""
        super().__init__()
        self.token = token

    def __torch_function__(  # type: ignore[no-untyped-def]
        self, func, types, args=(), kwargs=None
    ):
        """The function as it is; `item` of whole numbers answered."""
        if func is torch.Tensor.item and not args[0].is_floating_point():
            return self.token
        return func(*args, **(kwargs or {}))
