"""ComfyUI-GGUF itself on a pretended card: its patchers of GGUF files, for ComfyUI's own manager to move.

The pack is no part of this project: it is imported from a checkout. Its tensors are a class of their own,
which fake ones cannot stand for: they stay real (the files are holes), and the card is the `meta` device.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import patch

import msgspec
import torch

from . import autoencoders
from .checkout import comfy
from .device import pretended
from .manager import Card, Loaded, RealManager, driver, undetached
from .meter import Meter
from .models import DTYPES, METADATA, of_slug, state_dict
from .patchers import with_lora, without_tokenizer

NAME = "comfyui_gguf_pack"
META = torch.device("meta")


class File(msgspec.Struct, frozen=True):
    """A model to load: GGUF files, or headers of data/headers for what comes in other formats.

    `type`: for a text encoder, what its loader is told that it is for.
    """

    role: str
    paths: tuple[str, ...]
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
        self.made: dict[File, Any] = {}

    def replay(self, cases: Iterable[tuple[Card, tuple[Ask, ...]]]) -> Iterator[list[Loaded]]:
        """What the manager makes of each prompt, on a card of its own."""
        with pretended("cuda", fake=False), undetached(), patch.object(torch, "zeros_like", zeros_like):
            for card, asks in cases:
                manager = RealManager(card, {}, META)
                with driver(manager):
                    yield [self.load(manager, ask) for ask in asks]
                    manager.clear()
                    forget(manager)

    def load(self, manager: RealManager, ask: Ask) -> Loaded:
        """One call of `load_models_gpu`."""
        if ask.file not in self.made:
            self.made[ask.file] = self.patcher(ask.file)
        found = manager.used.setdefault(ask.file, self.made[ask.file])
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
            return self.nodes.UnetLoaderGGUF().load_unet(file.paths[0])[0]

    def clip(self, file: File) -> Any:
        """As `CLIPLoaderGGUF` and its kin make it; no vocabulary is read."""
        made, loader = comfy("sd").CLIP, sys.modules[f"{NAME}.loader"]
        with (
            patch.object(made, "__init__", without_tokenizer(made.__init__)),
            patch.object(loader, "gguf_tokenizer_loader", lambda *_: torch.zeros(1, dtype=torch.uint8)),
            patch.object(loader, "dequantize_tensor", unpacked),
            patch.object(comfy("utils"), "load_torch_file", lambda slug, **_: of_file(slug)),
        ):
            node, paths = self.nodes.CLIPLoaderGGUF(), list(file.paths)
            kind = getattr(comfy("sd").CLIPType, file.type.upper())
            return node.load_patcher(paths, kind, node.load_data(paths)).patcher


def forget(manager: RealManager) -> None:
    """No model counts an earlier prompt's patches; no name is left for one: evictions count references."""
    for one in manager.used.values():
        one.model.lowvram_patch_counter = 0


def zeros_like(tensor: Any, device: Any = META) -> Any:
    """torch's own takes the pack's `shape`, of numbers, for that of bytes where a tensor is on `meta`."""
    return torch.empty(tensor.size(), dtype=tensor.dtype, device=device)


def of_file(slug: str) -> dict[str, Any]:
    """The weights of a header of data/headers."""
    return state_dict({name: one for name, one in of_slug(slug).items() if name != METADATA}, "cpu")


def unpacked(tensor: Any, dtype: Any = None, dequant_dtype: Any = None) -> Any:
    """A tensor of the shape and class that unpacking one gives; the numbers are nobody's."""
    return torch.empty(tensor.shape, dtype=dtype).as_subclass(type(tensor))


def vae(file: File) -> Any:
    """As ComfyUI's `VAE` makes it, in 16 bits."""
    return autoencoders.of_header(of_slug(file.paths[0]), DTYPES["BF16"], META).patcher


def unpacking(nodes: ModuleType) -> Iterator[tuple[str, dict[str, float]]]:
    """For each type that the pack unpacks on the card, bytes an element beside the result, by its type."""
    dequant = sys.modules[f"{nodes.__name__.rpartition('.')[0]}.dequant"]
    sizes = importlib.import_module("gguf").GGML_QUANT_SIZES
    with pretended("cuda"):
        for kind in dequant.dequantize_functions:
            elements, width = sizes[kind]
            yield (
                kind.name,
                {
                    name: beside(dequant.dequantize_tensor, kind, width / elements, DTYPES[name])
                    for name in ("BF16", "F16", "F32")
                },
            )


def beside(unpack: Any, kind: Any, width: float, dtype: torch.dtype) -> float:
    """Bytes an element that unpacking a tensor takes at its peak beside the result."""
    shape = torch.Size((4096, 16384))
    data = torch.empty(shape[0], round(shape[1] * width), dtype=torch.uint8, device="cuda")
    tensor = SimpleNamespace(tensor_type=kind, tensor_shape=shape, shape=shape, data=data)
    with Meter("cuda") as meter:
        result = unpack(tensor, dtype)
    return float(meter.peak / shape.numel() - result.element_size())
