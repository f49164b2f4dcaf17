"""ComfyUI-GGUF itself on a pretended card: its patchers of GGUF files, for ComfyUI's own manager to move.

The pack is no part of this project: it is imported from a checkout. Its tensors are a class of their own,
which fake ones cannot stand for: they stay real (the files are holes), and the card is the `meta` device.
"""

from __future__ import annotations

import gc
import importlib
import importlib.util
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import msgspec
import torch

from . import autoencoders
from .checkout import comfy
from .device import pretended
from .manager import Card, Loaded, RealManager, driver, undetached
from .meter import Meter
from .models import DTYPES, of_slug
from .patchers import with_lora, without_tokenizer

NAME = "comfyui_gguf_pack"
META = torch.device("meta")


class File(msgspec.Struct, frozen=True):
    """A model to load: a GGUF file, or for a VAE a header of data/headers.

    `type`: for a text encoder, what its loader is told that it is for.
    """

    role: str
    path: str
    type: str = ""


class Ask(msgspec.Struct, frozen=True):
    """One call of `load_models_gpu`; `lora`: tensors of a LoRA that the model carries."""

    file: File
    reserve: int
    minimum: int | None = None
    lora: dict[str, Any] = {}


def open_pack(path: str | Path) -> ModuleType:
    """The pack of a checkout, imported beside the ComfyUI that is open: its `nodes`."""
    root = Path(path)
    spec = importlib.util.spec_from_file_location(
        NAME, root / "__init__.py", submodule_search_locations=[str(root)]
    )
    if spec is not None and NAME not in sys.modules:
        sys.modules[NAME] = importlib.util.module_from_spec(spec)
    importlib.import_module("nodes")
    return importlib.import_module(f"{NAME}.nodes")


class Pack:
    """ComfyUI's memory manager with the pack's models, over prompts."""

    def __init__(self, nodes: ModuleType) -> None:
        """`nodes`: as `open_pack` gives it."""
        self.nodes = nodes

    def replay(self, cases: Iterable[tuple[Card, tuple[Ask, ...]]]) -> Iterator[list[Loaded]]:
        """What the manager makes of each prompt, on a card of its own."""
        with pretended("cuda", fake=False), undetached():
            for card, asks in cases:
                manager = RealManager(card, {}, META)
                with driver(manager):
                    yield [self.load(manager, ask) for ask in asks]
                gc.collect()

    def load(self, manager: RealManager, ask: Ask) -> Loaded:
        """One call of `load_models_gpu`."""
        if ask.file not in manager.used:
            manager.used[ask.file] = self.patcher(ask.file)
        found = manager.used[ask.file]
        if ask.lora:
            key = (ask.file, frozenset(ask.lora))
            if key not in manager.cloned:
                manager.cloned[key] = with_lora(found, ask.lora)
            found = manager.cloned[key]
        return manager.ask([found], ask.reserve, ask.minimum, False)

    def patcher(self, file: File) -> Any:
        """The patcher that the loader of a file's kind makes."""
        found = {"diffusion_model": self.unet, "text_encoder": self.clip, "vae": vae}[file.role](file)
        found.model.to(found.offload_device)
        return found

    def unet(self, file: File) -> Any:
        """As `UnetLoaderGGUF` makes it."""
        with patch.object(self.nodes.folder_paths, "get_full_path", lambda _, path: path):
            return self.nodes.UnetLoaderGGUF().load_unet(file.path)[0]

    def clip(self, file: File) -> Any:
        """As `CLIPLoaderGGUF` makes it, which writes no vocabulary."""
        made, loader = comfy("sd").CLIP, sys.modules[f"{NAME}.loader"]
        full = {"get_full_path": lambda _, path: path}
        with (
            patch.multiple(self.nodes.folder_paths, **full),
            patch.object(made, "__init__", without_tokenizer(made.__init__)),
            patch.object(loader, "gguf_tokenizer_loader", lambda *_: torch.zeros(1, dtype=torch.uint8)),
            patch.object(loader, "dequantize_tensor", unpacked),
        ):
            return self.nodes.CLIPLoaderGGUF().load_clip(file.path, file.type)[0].patcher


def unpacked(tensor: Any, dtype: Any = None, dequant_dtype: Any = None) -> Any:
    """A tensor of the shape and class that unpacking one gives; the numbers are nobody's."""
    return torch.empty(tensor.shape, dtype=dtype).as_subclass(type(tensor))


def vae(file: File) -> Any:
    """As ComfyUI's `VAE` makes it, in 16 bits."""
    return autoencoders.of_header(of_slug(file.path), DTYPES["BF16"], META).patcher

