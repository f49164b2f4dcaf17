"""The patches of LoRAs on a model as ComfyUI holds it: what each layer has of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from ..formats import Tensor, size
from ..models import Component, Module
from ..models.patches import changes
from . import gguf

if TYPE_CHECKING:
    from .weights import Held


# Tells the type in which a tensor of a module of a component is held.
Types = Callable[[Tensor, Module, Component, "Held"], str]


class Patch(msgspec.Struct, frozen=True):
    """What LoRAs change of a layer: how many of its weights (a weight, a bias), and their elements.

    `bytes`: of their originals, none where a patch goes with packed blocks, which stay as they are;
    `computed`: in the type in which they are patched; `replaced`: bytes of their casts, which
    are counted with the patch.
    """

    count: int
    elements: int
    bytes: int
    computed: int
    replaced: int


def patched(plain: Held, component: Component, loras: tuple[Component, ...], type_of: Types) -> Held:
    """The same with the patches of LoRAs on it; as it is where they change nothing of it."""
    changed = changes(component, loras)
    if not changed.tensors:
        return plain
    layers = tuple(
        msgspec.structs.replace(layer, patch=patch(module, component, plain, changed.tensors, type_of))
        for module, layer in zip(component.modules, plain.layers, strict=True)
    )
    return msgspec.structs.replace(
        plain,
        layers=layers,
        loras=tuple(f"{lora.path}#{number}" for number, lora in enumerate(loras)),
        patched=sum(layer.patch.bytes for layer in layers if layer.patch),
    )


def patch(
    module: Module, component: Component, held: Held, changed: frozenset[str], type_of: Types
) -> Patch | None:
    """What of a layer is changed."""
    own = [tensor for tensor in module.tensors if tensor.name in changed]
    if not own:
        return None
    types = [type_of(tensor, module, component, held) for tensor in own]
    sizes = [
        0 if held.unpacked and gguf.dequantised(dtype) else size(tensor.parameters, dtype)
        for tensor, dtype in zip(own, types, strict=True)
    ]
    seen = [
        gguf.counted(tensor, dtype) if held.unpacked else (tensor.parameters, dtype)
        for tensor, dtype in zip(own, types, strict=True)
    ]
    counts = [count for count, _ in seen]
    wanted = counted_in(held)
    cast = [size(count, wanted or dtype) for count, dtype in seen]
    replaced = [one for one, (_, dtype) in zip(cast, seen, strict=True) if wanted and dtype != wanted]
    return Patch(len(own), sum(counts), sum(sizes), sum(cast), sum(replaced))


def counted_in(held: Held) -> str:
    """The type that ComfyUI counts patched weights in; empty where that is each weight's own."""
    if held.unpacked:
        return held.unpacked.cast if held.role == "diffusion_model" else held.compute
    return held.compute if held.cast else ""
