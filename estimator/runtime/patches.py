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
    """What LoRAs change of a layer: how many of its weights (a weight, a bias), their elements and bytes.

    `computed`: their bytes in the type in which they are patched; `replaced`: bytes of their casts, which
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
        patch_basis=changed.basis,
    )


def patch(
    module: Module, component: Component, held: Held, changed: frozenset[str], type_of: Types
) -> Patch | None:
    """What of a layer is changed."""
    own = [tensor for tensor in module.tensors if tensor.name in changed]
    if not own:
        return None
    types = [type_of(tensor, module, component, held) for tensor in own]
    sizes = [size(tensor.parameters, dtype) for tensor, dtype in zip(own, types, strict=True)]
    counts = [one.parameters for one in own]
    if gguf.is_gguf(component):  # ComfyUI takes the bytes of packed blocks for elements
        counts = sizes
    cast = [
        size(count, held.compute if held.cast else dtype) for count, dtype in zip(counts, types, strict=True)
    ]
    replaced = [one for one, dtype in zip(cast, types, strict=True) if held.cast and dtype != held.compute]
    return Patch(len(own), sum(counts), sum(sizes), sum(cast), sum(replaced))
