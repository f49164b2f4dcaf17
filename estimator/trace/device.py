"""A pretended NVIDIA card: fake tensors on `cuda`, and the questions that ComfyUI asks of the driver."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from ..costs.law import CARD as MEMORY

# An Ada card: bf16 and fp8 in hardware, nothing newer. ComfyUI's choices of dtype are set by the caller.
CARD = SimpleNamespace(name="pretended NVIDIA card", major=8, minor=9, total_memory=MEMORY)


def pretendable() -> str:
    """ "cuda" with a CUDA build of torch (no driver needed), else "cpu"."""
    return "cuda" if torch.version.cuda else "cpu"


@contextmanager
def pretended(device: str, fake: bool = True) -> Iterator[None]:
    """Inside, tensors are fake (no memory, no values) and `device` seems to be there.

    `fake`: without it they are real, and only the card's side of ComfyUI's questions is answered: for
    tensors of classes that fake ones cannot stand for.
    """
    answers: dict[str, Any] = {
        "get_device_properties": lambda *_: CARD,
        "get_device_name": lambda *_: CARD.name,
        "get_device_capability": lambda *_: (CARD.major, CARD.minor),
        "current_device": lambda: 0,
        "is_bf16_supported": lambda *_: True,
        "mem_get_info": lambda *_: (CARD.total_memory, CARD.total_memory),
        "memory_stats": lambda *_: {"active_bytes.all.current": 0, "reserved_bytes.all.current": 0},
    }
    with ExitStack() as stack:
        if device == "cuda":
            for name, answer in answers.items():
                stack.enter_context(patch.object(torch.cuda, name, answer))
        stack.enter_context(patch.object(torch.nn.Module, "to", _rebound))
        stack.enter_context(patch.object(torch.quasirandom, "SobolEngine", _Sobol))
        stack.enter_context(patch.object(torch, "Generator", _Generator))
        with suppress(ImportError, OSError):  # a ComfyUI without sound
            sound = importlib.import_module("torchaudio.functional")
            stack.enter_context(patch.object(sound, "melscale_fbanks", _mel_filters))
        if fake:
            stack.enter_context(FakeTensorMode(allow_non_fake_inputs=True))
        stack.enter_context(torch.no_grad())
        yield


class _Generator(torch.Generator):
    """Of random numbers that nobody draws: one of the card wants a driver."""

    def __new__(cls, device: Any = None) -> _Generator:
        """One of the processor, whichever is asked for."""
        made: _Generator = super().__new__(cls)
        return made


def _mel_filters(n_freqs: int, f_min: float, f_max: float, n_mels: int, *_: Any, **__: Any) -> Any:
    """A bank of filters of that shape; torchaudio's own picks numbers by a mask, which fakes have not."""
    return torch.empty(n_freqs, n_mels)


class _Sobol:
    """Points in a cube; torch's own draws them in a kernel that fake tensors cannot enter."""

    def __init__(self, dimension: int, **_: Any) -> None:
        self.dimension = dimension

    def draw(self, count: int) -> Any:
        """So many points."""
        return torch.empty(count, self.dimension)


def _rebound(module: Any, *args: Any, **kwargs: Any) -> Any:
    """`Module.to` by rebinding each tensor: torch's own swaps them in place, which fake ones refuse."""
    device, dtype, *_ = torch._C._nn._parse_to(*args, **kwargs)
    for part in module.modules():
        for held in (part._parameters, part._buffers):
            for name, value in held.items():
                if value is not None:
                    held[name] = _twin(value, device, dtype, held is part._parameters)
    return module


def _back(value: Any, device: Any) -> Any:
    """What stands in RAM for a real tensor of a model on a pretended card, whose numbers are gone."""
    made = torch.empty(value.size(), dtype=value.dtype, device=device).as_subclass(type(value))
    made.__dict__.update({name: kept for name, kept in value.__dict__.items() if name != "twins"})
    return made


def _twin(value: Any, device: Any, dtype: Any, weight: bool) -> Any:
    """A tensor of a module elsewhere or in another type: made once, since models come and go on the card."""
    dtype = dtype if dtype and value.is_floating_point() else value.dtype
    twins = value.__dict__.setdefault("twins", {})
    key = (device or value.device, dtype)
    if key not in twins:
        made = _back(value, device) if value.is_meta and device else value.to(device=device, dtype=dtype)
        made = torch.nn.Parameter(made, value.requires_grad) if weight else made
        twins[key] = made
        if dtype == value.dtype:  # the way back
            made.__dict__["twins"] = twins
            twins.setdefault((value.device, dtype), value)
    return twins[key]
