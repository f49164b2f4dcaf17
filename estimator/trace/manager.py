"""ComfyUI's own legacy memory manager on a pretended card: what it loads, to the byte, with no card.

`load_models_gpu` runs as it is, on fake models; only its questions to the driver are answered here: free
memory is what the card would have, less the fake weights that are on it (design section 6).
"""

from __future__ import annotations

import ast
import functools
import inspect
import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import msgspec
import torch

from ..units import MIB
from .checkout import comfy
from .device import pretended
from .patchers import CARD, Part, patcher, with_lora

# What ComfyUI's log says of the split between card and RAM.
TOLD = ("loaded partially", "loaded completely", "Unloaded partially")


class Card(msgspec.Struct, frozen=True):
    """A card, bytes: `free` before a model is loaded; its system, and flags of ComfyUI as `args` has them."""

    total: int
    free: int
    windows: bool = False
    flags: dict[str, Any] = {}


class Load(msgspec.Struct, frozen=True):
    """One call of `load_models_gpu`: the main model first, and ComfyUI's reservations.

    `loras`: tensors of the LoRAs that each model carries, by its place among `parts`.
    """

    parts: tuple[Part, ...]
    reserve: int
    minimum: int | None = None
    full: bool = False
    loras: dict[int, tuple[dict[str, Any], ...]] = {}


class Loaded(msgspec.Struct, frozen=True):
    """After a call, bytes: per model what ComfyUI counts as loaded and its buffer; all that is on the card.

    `log`: what it said of its splits; `patched`: the weights that LoRAs change, per model, and `backups`:
    bytes of their originals in RAM.
    """

    counted: tuple[int, ...]
    buffers: tuple[float, ...]
    on_card: int
    log: tuple[str, ...]
    patched: tuple[int, ...]
    backups: tuple[int, ...]


class RealManager:
    """ComfyUI's loaded models over one prompt, on one card; use within `driver`."""

    def __init__(self, card: Card, patchers: dict[Any, Any], device: Any = CARD) -> None:
        """An empty card that torch calls `device`; `patchers`: made before, all of their weights in RAM."""
        self.card, self.made, self.device = card, patchers, device
        self.used: dict[Any, Any] = {}
        self.cloned: dict[Any, Any] = {}

    def load(self, load: Load) -> Loaded:
        """Load models as a sampler, an encoder or a VAE would ask for them."""
        models = [self.patcher(part, load.loras.get(at, ())) for at, part in enumerate(load.parts)]
        return self.ask(models, load.reserve, load.minimum, load.full)

    def ask(self, models: list[Any], reserve: int, minimum: int | None, full: bool) -> Loaded:
        """One call of `load_models_gpu`, with patchers."""
        with told() as log:
            comfy("model_management").load_models_gpu(
                models, memory_required=reserve, minimum_memory_required=minimum, force_full_load=full
            )
        return Loaded(
            tuple(one.model.model_loaded_weight_memory for one in models),
            tuple(getattr(one.model, "model_offload_buffer_memory", 0) for one in models),
            self.on_card(),
            tuple(log),
            tuple(len(one.patches) for one in models),
            tuple(sum(kept.weight.nbytes for kept in one.backup.values()) for one in models),
        )

    def patcher(self, part: Part, loras: tuple[Mapping[str, Any], ...]) -> Any:
        """The model's patcher with these LoRAs, the same one each time."""
        if part not in self.made:
            self.made[part] = patcher(part)
        found = self.used.setdefault(part, self.made[part])
        for end in range(len(loras)):
            key = (part, tuple(frozenset(one) for one in loras[: end + 1]))
            if key not in self.cloned:
                self.cloned[key] = with_lora(found, loras[end], part.role == "text_encoder")
            found = self.cloned[key]
        return found

    def clear(self) -> None:
        """Take everything off the card, as at the end."""
        for one in (*self.cloned.values(), *self.used.values()):
            one.detach()
            one.unpatch_model(one.offload_device)

    def on_card(self) -> int:
        """Bytes of fake weights on the pretended card."""
        held = (part for one in self.used.values() for part in tensors(one.model))
        return sum(part.nbytes for part in held if part.device == self.device)

    def free(self, device: Any = None, torch_free_too: bool = False) -> Any:
        """ComfyUI's `get_free_memory`."""
        left = self.card.free - self.on_card()
        return (left, 0) if torch_free_too else left

    def whole(self, device: Any = None, torch_total_too: bool = False) -> Any:
        """ComfyUI's `get_total_memory`."""
        return (self.card.total, self.card.total) if torch_total_too else self.card.total


def tensors(model: Any) -> Iterator[Any]:
    """All tensors of a model; its modules, which do not change, are listed once."""
    if "listed" not in model.__dict__:
        model.__dict__["listed"] = [(one._parameters, one._buffers) for one in model.modules()]
    for parameters, buffers in model.__dict__["listed"]:
        yield from (one for one in (*parameters.values(), *buffers.values()) if one is not None)


@contextmanager
def told() -> Iterator[list[str]]:
    """Inside, what ComfyUI logs of its splits is noted in the list."""
    noted: list[str] = []
    handler, root = logging.Handler(), logging.getLogger()
    handler.emit = lambda record: noted.append(record.getMessage())  # type: ignore[method-assign]
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield noted
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        noted[:] = [line for line in noted if line.startswith(TOLD)]


@functools.cache
def decided(module: Any, name: str, **given: Any) -> Any:
    """What a ComfyUI module's own statements make of the global `name`, run again with `given` globals.

    `flags` among them is only there to tell one call from another.
    """
    known = {**vars(module), **given}
    exec(deciding(module, name), known)  # ComfyUI's own lines
    return known[name]


@functools.cache
def deciding(module: Any, name: str) -> Any:
    """The statements of a module, outside of functions, that set the global `name`; compiled."""
    found = [
        WithoutImports().visit(statement)
        for statement in ast.parse(inspect.getsource(module)).body
        if isinstance(statement, ast.Assign | ast.AnnAssign | ast.If)
        and any(
            isinstance(one, ast.Name) and one.id == name and isinstance(one.ctx, ast.Store)
            for one in ast.walk(statement)
        )
    ]
    return compile(ast.Module(found, []), module.__file__, "exec")


class WithoutImports(ast.NodeTransformer):
    """Leaves out what a system's own branch imports, which another system has not."""

    def visit_Import(self, node: ast.Import) -> ast.AST:
        """Nothing in its place."""
        return ast.copy_location(ast.Pass(), node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Nothing in its place."""
        return ast.copy_location(ast.Pass(), node)


class Listed(dict[Any, None]):
    """In place of a `set` of models: older versions load in an order of chance, here the main one last."""

    def __init__(self, items: Iterable[Any] = ()) -> None:
        """The items in their order."""
        super().__init__(dict.fromkeys(items))

    def add(self, item: Any) -> None:
        """One more, first."""
        kept = list(self)
        self.clear()
        self.update(dict.fromkeys([item, *kept]))


@contextmanager
def driver(manager: RealManager) -> Iterator[None]:
    """Inside, ComfyUI's manager finds an NVIDIA card under the system named, and `manager` answers for it.

    To be used within `pretended("cuda")`, the same for all managers that share models.
    """
    management = comfy("model_management")
    card, states = manager.card, management.VRAMState
    given = {"WINDOWS": card.windows, "total_vram": card.total / MIB, "flags": tuple(card.flags.items())}
    state = "NO_VRAM" if card.flags.get("novram") else "NORMAL_VRAM"
    high = card.flags.get("highvram") or card.flags.get("gpu_only")
    answers = {
        "get_free_memory": manager.free,
        "get_total_memory": manager.whole,
        "get_torch_device": lambda: manager.device,
        "soft_empty_cache": lambda force=False: None,
        "cleanup_models_gc": lambda: None,
        "vram_state": states.HIGH_VRAM if high else states[state],
        "lowvram_available": True,
        "DISABLE_SMART_MEMORY": bool(card.flags.get("disable_smart_memory")),
        "MAX_PINNED_MEMORY": -1,
        "current_loaded_models": [],
    }
    with ExitStack() as stack:
        for name, value in card.flags.items():
            stack.enter_context(patch.object(management.args, name, value))
        for name in ("EXTRA_RESERVED_VRAM", "NUM_STREAMS", "MIN_WEIGHT_MEMORY_RATIO"):
            answers[name] = decided(management, name, **given)
        for name, answer in answers.items():
            if hasattr(management, name):  # what an older version does not ask
                stack.enter_context(patch.object(management, name, answer))
        stack.enter_context(patch.object(management, "set", Listed, create=True))
        # The arithmetic of a patch, which nothing here depends on.
        same, rounded = lambda _, weight, *__, **___: weight, lambda value, dtype, seed=0: value.to(dtype)
        stack.enter_context(patch.object(comfy("lora"), "calculate_weight", same))
        stack.enter_context(patch.object(comfy("float"), "stochastic_rounding", rounded))
        for name in ("synchronize", "empty_cache"):
            stack.enter_context(patch.object(torch.cuda, name, lambda *_: None))
        yield


@contextmanager
def undetached() -> Iterator[None]:
    """Inside, a state dict holds the tensors themselves: ComfyUI sums their bytes up again and again."""
    original = torch.nn.Module.state_dict

    def state_dict(module: Any, *args: Any, **kwargs: Any) -> Any:
        return original(module, *args, **{**kwargs, "keep_vars": True})

    with patch.object(torch.nn.Module, "state_dict", state_dict):
        yield


def replay(cases: Iterable[tuple[Card, tuple[Load, ...]]]) -> Iterator[tuple[Loaded, ...]]:
    """What ComfyUI's manager makes of each prompt: its loads in order, on a card of its own."""
    patchers: dict[tuple[str, ...], dict[Part, Any]] = {}
    with pretended("cuda"), undetached():
        for card, loads in cases:
            kept = tuple(name for name in ("highvram", "gpu_only") if name in card.flags)  # where RAM is
            manager = RealManager(card, patchers.setdefault(kept, {}))
            with driver(manager):
                yield tuple(manager.load(load) for load in loads)
                manager.clear()
