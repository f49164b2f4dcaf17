"""What ComfyUI will hold of a component: the element type of each weight, and its layers' sizes."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import msgspec

from ..formats import Tensor, bits, size
from ..models import Component, Module, is_scale
from . import gguf
from .kinds import never_in_part, plain_roles
from .machine import Machine
from .patches import Patch, patched
from .rates import multiplied, multiplied_share
from .staging import NOWHERE, Staged, staged
from .types import ENCODERS, runs_on_cpu, types, unpacked_types

KEPT = 64  # ways to hold one component that are remembered


class Layer(msgspec.Struct, frozen=True):
    """One module. `bytes` in its storage type; `offload`: what ComfyUI counts for streaming it.

    `castable`: it can be streamed; `cast`: bytes of its copy in the compute type, 0 where the types agree;
    `copy`: bytes that ComfyUI counts with it and that are not there, of ComfyUI-GGUF's largest layer;
    `leaf`: a partial load counts it; `patch`: what LoRAs change of it; `paged`: the dynamic manager's.
    """

    name: str
    bytes: int
    cast: int
    castable: bool
    leaf: bool = True
    patch: Patch | None = None
    paged: Staged = NOWHERE
    copy: int = 0

    @property
    def counted(self) -> int:
        """Bytes that ComfyUI takes it for."""
        return self.bytes + self.copy

    @property
    def offload(self) -> int:
        """Bytes that streaming this layer takes, its cast copy included."""
        return self.counted + self.cast


class Held(msgspec.Struct, frozen=True, dict=True):
    """A component as ComfyUI holds it. Bytes throughout.

    `on_cpu`: it never comes to the card; `legacy`: the legacy manager's, also where dynamic VRAM is on;
    `pinned`: what is not on the card may be pinned in RAM, and so streams fast and beside computing;
    `whole`: it is never loaded in part; `multiplies`: the type of its matrix products, where another than
    `compute`, for the share `multiplied` of its weights; `loras`: those whose patches it carries, in order;
    `patched`: bytes of the weights that they change; `unpacked`: how a
    GGUF model is made.
    """

    key: str
    role: str
    name: str
    comfy_class: str
    storage: str
    compute: str
    layers: tuple[Layer, ...]
    bytes: int
    file_bytes: int
    on_cpu: bool = False
    legacy: bool = False
    pinned: bool = True
    whole: bool = False
    multiplies: str = ""
    multiplied: float = 1.0
    loras: tuple[str, ...] = ()
    patched: int = 0
    unpacked: gguf.Unpacked | None = None

    @property
    def paged(self) -> bool:
        """Whether the dynamic manager, where it is on, holds this model as pages of its file."""
        return not (self.on_cpu or self.legacy)

    @property
    def cast(self) -> bool:
        """Whether weights are cast layer by layer as they are used."""
        return self.storage != self.compute

    @property
    def compute_bytes(self) -> int:
        """Bytes per element of the compute type."""
        return bits()[self.compute] // 8

    @cached_property
    def kept(self) -> dict[Any, Any]:
        """What others have worked out of it and keep here, since it never changes."""
        return {}

    @cached_property
    def cast_bytes(self) -> int:
        """Bytes of the copies of all layers in the compute type, of those that are held in another."""
        return sum(layer.cast for layer in self.layers)

    @property
    def casts(self) -> int:
        """How many numbers these copies are."""
        return self.cast_bytes // self.compute_bytes

    @cached_property
    def changed(self) -> int:
        """How many numbers LoRAs change."""
        return sum(layer.patch.elements for layer in self.layers if layer.patch)

    @cached_property
    def counted(self) -> int:
        """Bytes that ComfyUI takes it for."""
        return self.bytes + sum(layer.copy for layer in self.layers)

    @cached_property
    def largest(self) -> int:
        """Bytes of the largest layer that can be streamed."""
        return max((layer.bytes for layer in self.layers if layer.castable), default=0)


def hold(
    key: str,
    component: Component,
    machine: Machine,
    widget: str = "",
    device: str = "",
    legacy: bool = False,
    whole: bool = False,
    paired: bool = False,
    loras: tuple[Component, ...] = (),
) -> Held:
    """The component as this machine's ComfyUI will hold it, with a loader's `weight_dtype` and `device`.

    `legacy`: the loader hands its models to the legacy manager, as those of GGUF do; `whole`: it is never
    loaded in part; `paired`: a text encoder that is loaded with others; `loras`: what changes its weights.
    """
    storage, compute = types(component, machine, widget, paired)
    on_cpu = runs_on_cpu(component, machine, storage, device)
    never, unpaged = never_in_part(component, machine.policy)
    products = multiplied(component, storage, machine, widget)
    unpacked = unpacked_types(component, machine) if gguf.is_gguf(component) else None
    asked = (key, storage, compute, on_cpu, legacy or unpaged, whole or never, products, unpacked)
    keyed = (asked, tuple(map(id, loras)))
    if keyed not in component.kept:
        if len(component.kept) > KEPT:
            component.kept.clear()
        component.kept[keyed] = patched(held(component, *asked), component, loras, type_of), loras
    found: Held = component.kept[keyed][0]
    return found


def held(
    component: Component,
    key: str,
    storage: str,
    compute: str,
    on_cpu: bool,
    legacy: bool,
    whole: bool,
    multiplies: str,
    unpacked: gguf.Unpacked | None,
) -> Held:
    """The component in these types, by the manager that it goes to."""
    layers, total = layers_of(component, storage, compute, unpacked)
    return Held(
        key,
        component.role,
        component.title,
        component.comfy_class,
        storage,
        compute,
        layers,
        total,
        component.file_bytes,
        on_cpu,
        legacy or bool(unpacked),
        not unpacked,
        whole,
        multiplies,
        multiplied_share(component) if multiplies else 1.0,
        unpacked=unpacked,
    )


def layers_of(
    component: Component, storage: str, compute: str, unpacked: gguf.Unpacked | None
) -> tuple[tuple[Layer, ...], int]:
    """A component's layers, and the bytes of them all."""
    key = (storage, compute, unpacked)
    if key not in component.kept:
        layers = tuple(
            packed_layer(module, component, unpacked)
            if unpacked
            else layer(module, component, storage, compute)
            for module in component.modules
        )
        component.kept[key] = layers, sum(one.bytes for one in layers)
    found: tuple[tuple[Layer, ...], int] = component.kept[key]
    return found


def packed_layer(module: Module, component: Component, made: gguf.Unpacked) -> Layer:
    """A module's sizes as ComfyUI-GGUF holds it."""
    made = made._replace(own=own_type(module, component, made))
    own, copy, cast = gguf.layer_sizes(module, component, made)
    castable = module.castable and not is_norm(module, component)
    return Layer(module.name, own, cast if castable else 0, castable, module.leaf, copy=copy)


def own_type(module: Module, component: Component, made: gguf.Unpacked) -> str:
    """The type of a GGUF model's layer that copies the file's tensors; empty where none does."""
    return made.own and (fixed_in(module, component) or made.own)


def layer(module: Module, component: Component, storage: str, compute: str) -> Layer:
    """A module's sizes as ComfyUI holds it."""
    fixed = fixed_in(module, component)
    held = {t.name: fixed or held_in(t, component, storage, compute) for t in module.tensors}
    total = sum(size(t.parameters, held[t.name]) for t in module.tensors)
    cast = [t for t in module.tensors if not is_scale(t) and held[t.name] != compute]
    castable = module.castable and not is_norm(module, component) and component.role not in plain_roles()
    copies = sum(size(t.parameters, compute) for t in cast) if castable else 0
    manual = compute if component.role == "diffusion_model" and storage != compute else ""
    pages = staged(module, held, manual) if castable else NOWHERE._replace(stored=module_bytes(module))
    return Layer(module.name, total, copies, castable, module.leaf, paged=pages)


def module_bytes(module: Module) -> int:
    """A module's bytes in its file."""
    return sum(tensor.nbytes for tensor in module.tensors)


def is_norm(module: Module, component: Component) -> bool:
    """Whether this is a text encoder's norm without a bias: a class of its own, which ComfyUI cannot stream.

    Source: comfy/text_encoders/t5.py (T5LayerNorm) and llama.py (RMSNorm) are plain modules in all versions.
    """
    alone = len(module.tensors) == 1 and len(module.tensors[0].shape) == 1
    return component.role == "text_encoder" and alone


def fixed_in(module: Module, component: Component) -> str:
    """The type in which ComfyUI keeps a layer whatever the file has, or none.

    A quantised model makes its own linear layers, in the type that it computes in (comfy/ops.py:1297-1313).
    """
    if component.quantization and all(len(tensor.shape) < 3 for tensor in module.tensors):
        return ""
    starts = (dtype for start, dtype in component.fixed.items() if f"{module.name}.".startswith(start))
    return next(starts, "")


def type_of(tensor: Tensor, module: Module, component: Component, held: Held) -> str:
    """The type in which a tensor of a component is held."""
    if held.unpacked:
        return gguf.held_in(tensor, module, component, own_type(module, component, held.unpacked))
    return fixed_in(module, component) or held_in(tensor, component, held.storage, held.compute)


def held_in(tensor: Tensor, component: Component, storage: str, compute: str) -> str:
    """A tensor's type: a quantised component keeps what is packed, and holds the rest as it is computed.

    An encoder computes in 32 bits and keeps the rest as the file has it, 32 bits narrowed to 16.
    """
    if not component.quantization:
        return storage
    if bits()[tensor.dtype] <= 8 or is_scale(tensor):
        return tensor.dtype
    own = "F16" if bits()[tensor.dtype] > 16 else tensor.dtype
    return own if component.role in ENCODERS else compute
