"""Hold the diffusion model's weights in 8 bits.

## What it does
Sets `weight_dtype` of the nodes that load a 16-bit diffusion model to `fp8_e4m3fn`: of all nodes that load
the same kind of model together. On cards that multiply in 8 bits (RTX 40 and newer) `fp8_e4m3fn_fast` is a
second choice, which computes faster as well. Where a checkpoint node loads the model, which has no such
widget, the start-up flag `--fp8_e4m3fn-unet` does the same for every workflow.

## Why it helps
Half the bytes stay on the card, or stream in each step. The file on disk stays as it is, and nothing is
downloaded.

## Quality
Lossy: each weight is rounded without a scale. A file published in scaled fp8, int8 or GGUF Q8 keeps more.

## When it is left out
Files that are quantised already take no notice of the widget. Apple's and DirectML's cards have no 8-bit
type.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ... import facts
from ...formats import bits
from ...runtime.capabilities import capability
from ...workflow.edits import Edit
from ..case import Case
from ..change import Change
from ..setup import start
from ..uses import Use, uses

CODE = "fp8-weights"
APPLICABILITY = "lossy"
ROLE = "diffusion_model"


def changes(case: Case) -> Iterator[Change]:
    """Each kind of model for itself, then all of them; then the same multiplied in 8 bits; then the flag."""
    rule = facts.table("swaps")["fp8"]
    if case.machine.backend not in rule["backends"]:
        return
    found = [one for one in uses(case, ROLE) if plain(one)]
    wide = [one for one in found if bits().get(held(one, case), 0) > 8]
    for name, some in choices([one for one in wide if settable(one, rule)]):
        yield set_to(name, some, rule)
    if case.machine.backend == "cuda" and capability(case.machine.device) >= rule["fast_least"]:
        for name, some in choices([one for one in found if settable(one, rule) and not is_fast(one, rule)]):
            yield set_to(name, some, rule, fast=True)
    if any(not settable(one, rule) for one in wide):
        yield by_flag(case, rule)


def plain(use: Use) -> bool:
    """Whether a model's file is neither quantised nor GGUF: of others ComfyUI keeps the type."""
    loaded = use.of(ROLE)
    component = loaded.component if loaded else None
    return component is not None and component.quantization is None and component.format != "gguf"


def held(use: Use, case: Case) -> str:
    """The type in which a model's weights are held now."""
    keys = {one.key for one in use.loads if one.role == ROLE}
    return next((one.storage_dtype for one in case.forecast.components if one.key in keys), "")


def settable(use: Use, rule: dict[str, Any]) -> bool:
    """Whether all nodes that load it have the widget."""
    return all(node.class_type in rule["classes"] for node in use.loaders)


def is_fast(use: Use, rule: dict[str, Any]) -> bool:
    """Whether it is multiplied in 8 bits already."""
    return any(one.widget == rule["fast"] for one in use.loads)


def choices(found: list[Use]) -> Iterator[tuple[str, list[Use]]]:
    """Models of each family together, such as two experts, by its name; and all, which have none."""
    families: dict[str, list[Use]] = {}
    for one in found:
        loaded = one.of(ROLE)
        if loaded and loaded.component:
            families.setdefault(loaded.component.family, []).append(one)
    if len(families) > 1:
        yield from families.items()
    if found:
        yield "", found


def set_to(name: str, some: list[Use], rule: dict[str, Any], fast: bool = False) -> Change:
    """The change that sets the widget wherever these files are loaded."""
    value = rule["fast"] if fast else rule["value"]
    what = some[0].file if len(some) == 1 else f"the {len(some)} diffusion models"
    return Change(
        title=f"Hold {'and multiply ' * fast}{what} in 8 bits ({rule['widget']} {value})",
        choice=" ".join(filter(None, ("fast" * fast, name))),
        edits=tuple(Edit("set", node.id, rule["widget"], value) for one in some for node in one.loaders),
        harm=rule["fast_harm"] if fast else rule["harm"],
        quality=rule["fast_quality"] if fast else rule["quality"],
    )


def by_flag(case: Case, rule: dict[str, Any]) -> Change:
    """The change of the start-up flags, for nodes that have no such widget."""
    return start(
        case.machine,
        [rule["flag"]],
        choice="flag",
        harm=rule["harm"],
        quality=rule["quality"],
        effects=("it holds for every workflow until ComfyUI is started without it",),
        applicability="manual",
    )
