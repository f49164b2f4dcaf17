"""ComfyUI's own dynamic loader on a pretended card: what it stages of a model, as its log says it.

The loader runs as it is, on fake weights, on a card whose pages and pinned buffers are numbers only: aimdo's
classes are stood in for here, since loading asks them for addresses and no more.
"""

from __future__ import annotations

import importlib
import json
import logging
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import msgspec
import torch
from torch._subclasses.fake_tensor import unset_fake_temporarily

from ..units import KIB
from .checkout import comfy
from .device import pretended
from .models import METADATA, Header, of_slug, state_dict
from .values import Values

CARD = torch.device("cuda:0")
# What a quantised layer's mark says, by the type of its weight; a header does not keep the marks' text.
MARKS = {"F8_E4M3": "float8_e4m3fn", "I8": "int8_tensorwise", "U8": "nvfp4"}
LINE = re.compile(r"Model (\S+) prepared for dynamic VRAM loading\. (\d+)MB Staged\.")


class Log(msgspec.Struct, frozen=True):
    """What the loader says of a model: its class, MiB staged (cut), KiB and number of weights loaded at once.

    `units`: bytes of each address range in the order of its address; the loader does not print them.
    """

    model: str
    staged_mib: int
    forced: int
    forced_kib: int
    units: tuple[int, ...]


class Pages:
    """Stands in for aimdo's `ModelVBAR`: it hands out addresses."""

    def __init__(self, size: int, device: int) -> None:
        """As many as are asked for."""
        self.size, self.units = size, list[int]()

    def prioritize(self) -> None:
        """Nothing competes."""

    def alloc(self, size: int) -> tuple[Any, int, int]:
        """The next addresses."""
        at = sum(self.units)
        self.units.append(size)
        return self, at, size

    def loaded_size(self) -> int:
        """Nothing runs, so no page is there."""
        return 0

    def free_memory(self, size: int) -> int:
        """No page is there."""
        return 0


class Buffer:
    """Stands in for aimdo's `HostBuffer`: no pinned RAM."""

    size = 0

    def __init__(self, *_: Any) -> None:
        """None of it is asked for."""


@contextmanager
def dynamic() -> Iterator[list[str]]:
    """Inside, dynamic VRAM is on and a card seems to be there; gives the lines that are logged."""
    management, patcher = comfy("model_management"), comfy("model_patcher")
    answers = {
        "get_torch_device": lambda: CARD,
        "soft_empty_cache": lambda force=False: None,
        "cleanup_models_gc": lambda: None,
        "pinned_hostbuf_size": lambda size: size,
    }
    lines: list[str] = []
    with ExitStack() as stack:
        stack.enter_context(pretended("cuda"))
        for name, answer in answers.items():
            stack.enter_context(patch.object(management, name, answer, create=True))  # older ones lack some
        stack.enter_context(patch.object(comfy("memory_management"), "aimdo_enabled", True))
        stack.enter_context(patch.object(patcher, "CoreModelPatcher", patcher.ModelPatcherDynamic))
        stack.enter_context(
            patch.object(importlib.import_module("comfy_aimdo.model_vbar"), "ModelVBAR", Pages)
        )
        stack.enter_context(
            patch.object(importlib.import_module("comfy_aimdo.host_buffer"), "HostBuffer", Buffer)
        )
        stack.enter_context(
            patch.object(comfy("utils"), "convert_old_quants", marked(comfy("utils").convert_old_quants))
        )
        stack.enter_context(listening(lines))
        yield lines


@contextmanager
def listening(lines: list[str]) -> Iterator[None]:
    """Inside, every line of the log goes to `lines`."""
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    root, before = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(before)


def diffusion(header: str, lines: list[str]) -> Log:
    """What is staged of the diffusion model of a header of data/headers, in the types ComfyUI chooses."""
    kept = of_slug(header)
    tensors = state_dict(kept, "cpu") | marks(kept)
    with Values():
        made = comfy("sd").load_diffusion_model_state_dict(tensors, metadata=kept.get(METADATA))
    return staged(made, lines)


class Mark(torch.Tensor):
    """A quantised layer's mark: a tensor that says what it holds although all tensors here are fake."""

    text = b""

    def numpy(self, **_: Any) -> Any:
        """Its text, as the loader takes it."""
        return SimpleNamespace(tobytes=lambda: self.text)


def marks(header: Header) -> dict[str, Any]:
    """The marks of a header's quantised layers."""
    layers = [name.rpartition(".")[0] for name in header if name.endswith(".comfy_quant")]
    return {f"{layer}.comfy_quant": mark({"format": MARKS[header[f"{layer}.weight"][0]]}) for layer in layers}


def mark(says: dict[str, Any]) -> Mark:
    """A layer's mark."""
    with unset_fake_temporarily():
        made: Mark = torch.empty(1, dtype=torch.uint8).as_subclass(Mark)
    made.text = json.dumps(says).encode()
    return made


def marked(convert: Any) -> Any:
    """ComfyUI's own reading of a file's quantisation, whose marks keep their text."""

    def converted(tensors: Any, *args: Any, metadata: Any = None, **kwargs: Any) -> Any:
        found, said = convert(tensors, *args, metadata=metadata, **kwargs)
        layers = json.loads((said or {}).get("_quantization_metadata", "{}")).get("layers", {})
        return {**found, **{f"{layer}.comfy_quant": mark(says) for layer, says in layers.items()}}, said

    return converted


def staged(patcher: Any, lines: list[str]) -> Log:
    """The loader's answer for one model."""
    patcher.load(CARD)
    said = next(found for line in reversed(lines) if (found := LINE.match(line)))
    model = patcher.model
    forced, pages = model.model_loaded_weight_memory // KIB, model.dynamic_vbars[CARD]
    return Log(said[1], int(said[2]), len(patcher.backup), forced, tuple(filter(None, pages.units)))
