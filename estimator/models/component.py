"""A component: one network found in a file, with what ComfyUI's own module of it will hold."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import Any

import msgspec

from .. import facts
from ..formats import Tally, Tensor, packed, tally
from .learned import architecture
from .quantized import scale_names
from .rows import Kind


class Module(msgspec.Struct, frozen=True):
    """A layer: its tensors' names end in `name.weight`, `name.bias` and the like.

    `castable`: ComfyUI can stream it, since it holds nothing but a weight and a bias (and their scales).
    `leaf`: no other layer stands under it; ComfyUI's partial load leaves out the others' own parameters.
    """

    name: str
    tensors: tuple[Tensor, ...]
    castable: bool
    leaf: bool


class Component(Kind, frozen=True, kw_only=True, dict=True):
    """One network of a file. `tensors` are those that ComfyUI's module holds, named without `prefix`.

    Packed weights are there as what they hold; `layouts` names the layout of each quantised layer.
    """

    path: str
    prefix: str
    hyper: dict[str, int]
    tensors: tuple[Tensor, ...]
    layouts: dict[str, str] = msgspec.field(default_factory=dict)
    format: str = ""

    @cached_property
    def parameters(self) -> int:
        """The number of elements, scales of quantised layers not counted."""
        return sum(t.parameters for t in self.tensors if not is_scale(t))

    @cached_property
    def file_bytes(self) -> int:
        """Bytes of the weights as the file stores them."""
        return sum(t.nbytes for t in self.tensors)

    @cached_property
    def by_dtype(self) -> dict[str, Tally]:
        """Tensors, parameters and bytes by element type, the largest first."""
        return tally(list(self.tensors))

    @cached_property
    def majority(self) -> str:
        """The element type of most parameters: what ComfyUI takes for the file's own type."""
        return max(self.by_dtype.items(), key=lambda item: item[1].parameters)[0] if self.tensors else ""

    @cached_property
    def quantization(self) -> str | None:
        """The layout of most quantised parameters, or None for plain tensors (as fp8 without scales)."""
        if packed(self.majority):
            return f"gguf_{self.majority.lower()}"
        held: Counter[str] = Counter()
        for tensor in self.tensors:
            layout = self.layouts.get(tensor.name.rpartition(".")[0])
            if layout and not is_scale(tensor):
                held[layout] += tensor.parameters
        return held.most_common(1)[0][0] if held else None

    @cached_property
    def architecture(self) -> str:
        """A digest of what it is, whatever type it is stored in."""
        return architecture(one for one in self.tensors if not is_scale(one))

    @cached_property
    def cost_table(self) -> str:
        """Where its costs are: its row's table, and `@architecture` behind where it was traced here too."""
        traced_here = facts.anything_learned() and facts.learned(self.architecture).get("laws")
        return f"{self.costs}@{self.architecture}" if traced_here else self.costs

    @cached_property
    def kept(self) -> dict[Any, Any]:
        """What others have worked out of it and keep here, since it never changes."""
        return {}

    @cached_property
    def modules(self) -> tuple[Module, ...]:
        """The layers, in the file's order."""
        groups: dict[str, list[Tensor]] = {}
        for tensor in self.tensors:
            for part in split(tensor):
                groups.setdefault(layer_of(part), []).append(part)
        parents = {name[:end] for name in groups for end, letter in enumerate(name) if letter == "."}
        return tuple(
            Module(name, tuple(group), all(map(is_castable, group)), name not in parents and name != "")
            for name, group in groups.items()
        )


def split(tensor: Tensor) -> tuple[Tensor, ...]:
    """A tensor as ComfyUI's layers hold it: torch's joint projection of an attention becomes three.

    Source: ComfyUI 0.33.0 comfy/utils.py:217-262 (`transformers_convert`), supported_models.py (cascade).
    """
    layer, _, last = tensor.name.rpartition(".in_proj_")
    if last not in ("weight", "bias"):
        return (tensor,)
    shape = (tensor.shape[0] // 3, *tensor.shape[1:])
    return tuple(Tensor(f"{layer}.{one}_proj.{last}", tensor.dtype, shape) for one in "qkv")


def layer_of(tensor: Tensor) -> str:
    """The name of the layer that a tensor belongs to; bitsandbytes puts its scales under `<layer>.weight`."""
    layer, _, last = tensor.name.rpartition(".")
    start, under, _ = tensor.name.partition(".weight.")
    return start if under and last in scale_names() else layer


def is_scale(tensor: Tensor) -> bool:
    """Whether a tensor is a quantised layer's scale or marker rather than a parameter."""
    return tensor.name.rpartition(".")[2] in scale_names()


def is_castable(tensor: Tensor) -> bool:
    """Whether ComfyUI casts this tensor on the fly: a layer's weight or bias, or a scale of them."""
    return tensor.name.rpartition(".")[2] in ("weight", "bias") or is_scale(tensor)
