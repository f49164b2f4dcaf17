"""ComfyUI's own legacy memory manager on a pretended card: what it loads, to the byte, with no card.

`load_models_gpu` runs as it is, on fake models; only its questions to the driver are answered here: free
memory is what the card would have, less the fake weights that are on it (design section 6).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import msgspec
import torch

from .. import facts
from ..runtime.policy import constants, newest
from ..units import MIB
from .checkout import comfy
from .device import pretended
from .models import DTYPES, of_slug
from .samplers import of_header

CARD = torch.device("cuda:0")


class Load(msgspec.Struct, frozen=True):
    """One call of `load_models_gpu`: a header of data/headers/ in its types, and ComfyUI's reservations."""

    header: str
    storage: str
    compute: str
    reserve: int
    minimum: int


class Loaded(msgspec.Struct, frozen=True):
    """After a call, bytes: what ComfyUI counts as loaded of that model, its buffer, and all that is there."""

    counted: int
    buffer: int
    on_card: int


class RealManager:
    """ComfyUI's loaded models over one prompt, on a card of `total` bytes of which `free` are free."""

    def __init__(self, total: int, free: int) -> None:
        """An empty card; use within `driver`."""
        self.total, self.free_at_start = total, free
        self.patchers: dict[tuple[str, str, str], Any] = {}

    def load(self, load: Load) -> Loaded:
        """Load one model as a sampler would ask for it."""
        patcher = self.patcher(load)
        comfy("model_management").load_models_gpu(
            [patcher], memory_required=load.reserve, minimum_memory_required=load.minimum
        )
        model = patcher.model
        return Loaded(model.model_loaded_weight_memory, model.model_offload_buffer_memory, self.on_card())

    def patcher(self, load: Load) -> Any:
        """The model's patcher, the same one each time."""
        key = (load.header, load.storage, load.compute)
        if key not in self.patchers:
            model = of_header(of_slug(load.header), DTYPES[load.storage], DTYPES[load.compute], "cpu")
            off = torch.device("cpu")
            self.patchers[key] = comfy("model_patcher").ModelPatcher(
                model, load_device=CARD, offload_device=off
            )
        return self.patchers[key]

    def on_card(self) -> int:
        """Bytes of fake weights on the pretended card."""
        models = [patcher.model for patcher in self.patchers.values()]
        held = (part for model in models for part in (*model.parameters(), *model.buffers()))
        return sum(part.numel() * part.element_size() for part in held if part.device.type == "cuda")

    def free(self, device: Any = None, torch_free_too: bool = False) -> Any:
        """ComfyUI's `get_free_memory`."""
        left = self.free_at_start - self.on_card()
        return (left, 0) if torch_free_too else left

    def whole(self, device: Any = None, torch_total_too: bool = False) -> Any:
        """ComfyUI's `get_total_memory`."""
        return (self.total, self.total) if torch_total_too else self.total


@contextmanager
def driver(manager: RealManager) -> Iterator[None]:
    """Inside, ComfyUI's manager finds a normal NVIDIA card under Linux, and `manager` answers for it."""
    management = comfy("model_management")
    rule = facts.table("managers/constants")["legacy"]
    answers = {
        "get_free_memory": manager.free,
        "get_total_memory": manager.whole,
        "get_torch_device": lambda: CARD,
        "soft_empty_cache": lambda force=False: None,
        "cleanup_models_gc": lambda: None,
        "vram_state": management.VRAMState.NORMAL_VRAM,
        "lowvram_available": True,
        "NUM_STREAMS": constants(newest())["streams"]["nvidia"],
        "MIN_WEIGHT_MEMORY_RATIO": rule["minimum_weight_ratio"]["nvidia"],
        "EXTRA_RESERVED_VRAM": rule["extra_reserved_mib"]["default"] * MIB,
        "MAX_PINNED_MEMORY": -1,
        "current_loaded_models": [],
    }
    with ExitStack() as stack:
        stack.enter_context(pretended("cuda"))
        for name, answer in answers.items():
            stack.enter_context(patch.object(management, name, answer))
        for name in ("synchronize", "empty_cache"):
            stack.enter_context(patch.object(torch.cuda, name, lambda *_: None))
        yield
