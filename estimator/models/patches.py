"""Which weights of a model a LoRA changes, by the names of its tensors (`data/lora_keys.toml`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import msgspec

from .. import facts
from ..units import Basis
from .component import Component, Module

DEPTH = 3  # renames that a name may need, one after another
BLOCK = re.compile(r"\d")


class Ending(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Endings of a LoRA's tensors, and whether the layer's weight or its bias is changed."""

    changes: str
    suffixes: tuple[str, ...]


class Prefix(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands before the names, for a role and, where `of` says so, for these kinds alone."""

    role: str
    starts: tuple[str, ...]
    of: tuple[str, ...] = ()


class Rename(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another library's name of a layer; `n`: factors of the numbers in it, and what is added last."""

    name: str
    to: str
    n: tuple[int, ...] = ()

    def of(self, layer: str) -> str:
        """ComfyUI's name for `layer`, or the same where this rename has nothing to say."""
        found = _pattern(self.name).search(layer)
        if not found:
            return layer
        number = found.groupdict().get("n")
        told = [number] if number else found.groups()
        count = sum(times * int(one) for times, one in zip(self.n[:-1], told, strict=False))
        new = found.expand(self.to.replace("{n}", str(count + sum(self.n[-1:]))))
        return layer[: found.start()] + new + layer[found.end() :]


class Changes(msgspec.Struct, frozen=True):
    """Names of a component's tensors that LoRAs change. `basis` is modelled where their names match none."""

    tensors: frozenset[str]
    basis: Basis


def changes(component: Component, loras: tuple[Component, ...]) -> Changes:
    """What these LoRAs change of a component; what ComfyUI does not find in it, it leaves alone.

    Where not one name of a LoRA for this kind of model matches, the usual is assumed: all matrices of blocks.
    """
    found: set[str] = set()
    basis: Basis = "exact"
    for lora in loras:
        named = of_one(component, lora)
        if not named and meant(lora, component):
            named, basis = frozenset(usual(component)), "modelled"
        found |= named
    return Changes(frozenset(found), basis)


def of_one(component: Component, lora: Component) -> frozenset[str]:
    """What one LoRA changes; remembered, since neither changes."""
    key = ("changed by", id(lora))
    if key not in component.kept:
        component.kept[key] = lora, frozenset(_named(component, lora))  # the LoRA too: its id stays its own
    found: frozenset[str] = component.kept[key][1]
    return found


def meant(lora: Component, component: Component) -> bool:
    """Whether a LoRA has tensors for a component of this role: text encoders' parts say so."""
    if component.role == "text_encoder":
        return False
    return any(not tensor.name.startswith(("lora_te", "text_encoder")) for tensor in lora.tensors)


def usual(component: Component) -> Iterator[str]:
    """What LoRAs usually change: the matrices of a model's blocks."""
    for module in component.modules:
        if module.castable and module.leaf and BLOCK.search(module.name):
            for tensor in module.tensors:
                if tensor.name.endswith(".weight") and len(tensor.shape) > 1:
                    yield tensor.name


def _named(component: Component, lora: Component) -> Iterator[str]:
    """The tensors that a LoRA's names mean."""
    modules = {plain(module.name): module for module in component.modules}
    alone = {plain(tensor.name): tensor.name for tensor in component.tensors}
    rows = _starts(component.role, component.id)
    for tensor in lora.tensors:
        name, change = _ending(tensor.name)
        if not change:
            continue
        layers = (plain(name[start.end() :]) for row in rows if (start := row.match(name)))
        for layer in layers:
            found = _module(layer, modules)
            if found and (own := _own(found, change)):
                yield own
                break
            if layer in alone:
                yield alone[layer]
                break


def _own(module: Module, change: str) -> str:
    """A module's weight or bias; a norm's only tensor is its weight, whatever the file calls it."""
    names = [tensor.name for tensor in module.tensors]
    if f"{module.name}.{change}" in names:
        return f"{module.name}.{change}"
    return names[0] if change == "weight" and len(names) == 1 else ""


def plain(name: str) -> str:
    """A name with underscores alone."""
    return name.replace(".", "_").replace("-", "_")


def _module(layer: str, modules: dict[str, Module]) -> Module | None:
    """The module that a layer's name stands for, after some renames."""
    seen = [layer]
    for _ in range(DEPTH + 1):
        for one in seen:
            if one in modules:
                return modules[one]
        seen = [new for one in seen for row in _renames() if (new := row.of(one)) != one]
    return None


def _ending(name: str) -> tuple[str, str]:
    """The changed layer's name and what of it changes; nothing where the tensor is no change of its own."""
    for suffix, change in _endings():
        if name.endswith(suffix):
            return name.removesuffix(suffix), change
    return name, ""


@cache
def _endings() -> tuple[tuple[str, str], ...]:
    """Every ending, the longest first."""
    rows = msgspec.convert(facts.table("lora_keys")["ending"], list[Ending])
    found = [(suffix, row.changes) for row in rows for suffix in row.suffixes]
    return tuple(sorted(found, key=lambda one: len(one[0]), reverse=True))


@cache
def _starts(role: str, kind: str) -> tuple[re.Pattern[str], ...]:
    """What may stand before the names of layers of a component; a star is any one word of a name."""
    rows = msgspec.convert(facts.table("lora_keys")["prefix"], list[Prefix])
    own = [row for row in rows if row.role == role]
    chosen = next((row for row in own if kind in row.of), None) or next(
        (row for row in own if not row.of), None
    )
    starts = chosen.starts if chosen else ()
    return tuple(re.compile(re.escape(start).replace(r"\*", "[^.]+")) for start in starts)


@cache
def _renames() -> tuple[Rename, ...]:
    """The rows of renames."""
    return tuple(msgspec.convert(facts.table("lora_keys")["rename"], list[Rename]))


@cache
def _pattern(text: str) -> re.Pattern[str]:
    """A compiled expression."""
    return re.compile(text)
