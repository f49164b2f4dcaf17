"""What a file holds: `identify(table)` splits it into components by the rows of `data/families/`."""

from __future__ import annotations

from collections.abc import Mapping
from math import isqrt
from typing import Any

import msgspec

from .. import facts
from ..formats import Tensor, TensorTable, packed
from .adapters import adapter
from .component import Component, Module, is_scale
from .learned import learned_kind, unclaimed
from .quantized import Unpacked, read_json, unpack
from .rows import Hyper, Kind, Role, Row, rows

__all__ = [
    "Component",
    "Identification",
    "Match",
    "Module",
    "Refusal",
    "Role",
    "Row",
    "Unpacked",
    "adapter",
    "identify",
    "is_scale",
    "match",
    "rows",
    "stranger",
    "unpack",
]


class Refusal(msgspec.Struct, frozen=True):
    """Why a row's component is not in a file."""

    id: str
    reason: str


class Identification(msgspec.Struct, frozen=True):
    """The components found in a file, and for every other row why it does not match.

    `rest`: what is beside them and no leftover, a model of no family we know; None where nothing is.
    """

    components: tuple[Component, ...]
    refusals: tuple[Refusal, ...]
    rest: Component | None = None


class Match(msgspec.Struct, frozen=True):
    """A row that a file's tensors match under a prefix."""

    row: Row
    prefix: str


def identify(table: TensorTable) -> Identification:
    """The components of the file, each under the first prefix where its row matches."""
    seen = unpack(table)
    found, refused = match(seen.tensors, table.metadata)
    prefixes = {one.prefix for one in found}
    components = [component(one, table, seen, prefixes) for one in found]
    strange = rest(table, seen, found)
    kind = learned_kind(strange.architecture) if strange and facts.anything_learned() else None
    if strange and kind:
        return Identification((*components, of_kind(strange, kind)), tuple(refused))
    return Identification(tuple(components), tuple(refused), strange)


def stranger(table: TensorTable) -> Component | None:
    """What a file holds beside the components that rows know: a model to be traced; None where nothing."""
    seen = unpack(table)
    return rest(table, seen, match(seen.tensors, table.metadata)[0])


def rest(table: TensorTable, seen: Unpacked, found: list[Match]) -> Component | None:
    """The tensors of no component, as a component of an unknown kind."""
    tensors = unclaimed(seen.tensors, (one.prefix for one in found))
    if not tensors:
        return None
    return Component(
        id="unknown",
        family="",
        title="a model of no family we know",
        role="unknown",
        path=table.path,
        prefix="",
        hyper={},
        tensors=tuple(tensors),
        layouts=seen.layouts,
        format=table.format,
    )


def of_kind(one: Component, kind: Kind) -> Component:
    """A component, said to be of a kind."""
    fields = {name: getattr(kind, name) for name in Kind.__struct_fields__}
    return msgspec.structs.replace(one, **fields)


def match(
    tensors: dict[str, Tensor], metadata: Mapping[str, str] | None = None
) -> tuple[list[Match], list[Refusal]]:
    """The rows that a file's tensors and metadata match, and why the others do not."""
    found: list[Match] = []
    refused: list[Refusal] = []
    known, told = (
        dict[str, str](),
        dict[str, str](),
    )  # by role: the first row, the first by a config
    config = transformer_config(metadata or {})
    names = "\n" + "\n".join(tensors) + "\n"
    for row in rows():
        if found and row.any_suffix:
            refused.append(Refusal(row.id, "the file holds a whole model"))
            continue
        if other := (known if row.general else told).get(row.role):
            refused.append(Refusal(row.id, f"told as `{other}`"))
            continue
        if lacking := row.config and [key for key, value in row.config.items() if config.get(key) != value]:
            refused.append(Refusal(row.id, f"no `{lacking[0]}` of it in the metadata"))
            continue
        reasons: list[str] = []
        for prefix, first in row.begins:
            gone = first and first not in tensors
            reasons.append(f"no `{first}`" if gone else mismatch(row, tensors, prefix, names))
            if not reasons[-1]:
                found.append(Match(row, prefix))
                known.setdefault(row.role, row.id)
                if row.config:
                    told.setdefault(row.role, row.id)
                break
        else:
            refused.append(Refusal(row.id, min(reasons, key=len)))
    return found, refused


def transformer_config(metadata: Mapping[str, str]) -> dict[str, object]:
    """What a file's metadata says of its transformer, as ComfyUI reads it (model_detection.py, `config`)."""
    found = read_json(metadata.get("config", ""), dict[str, Any]).get("transformer")
    return found if isinstance(found, dict) else {}


def mismatch(row: Row, tensors: dict[str, Tensor], prefix: str, names: str) -> str:
    """Why `row` does not match under `prefix`; empty where it does. `names`: all names, a line each."""
    for name in row.has:
        if not present(prefix + name, tensors, names):
            return f"no `{prefix}{name}`"
    for name in row.lacks:
        if prefix + name in tensors:
            return f"has `{prefix}{name}`"
    if row.any_suffix and not any(f"{ending}\n" in names for ending in row.any_suffix):
        return f"no tensor named `*{row.any_suffix[0]}` or its kin"
    for ending in row.no_suffix:
        if f"{ending}\n" in names:
            return f"has a tensor named `*{ending}`"
    return next(filter(None, (wrong_shape(prefix + n, s, tensors) for n, s in row.shapes.items())), "")


def present(name: str, tensors: dict[str, Tensor], names: str) -> bool:
    """Whether a tensor of that name is there; a trailing `*` stands for any ending."""
    return f"\n{name[:-1]}" in names if name.endswith("*") else name in tensors


def wrong_shape(name: str, shape: tuple[int, ...], tensors: dict[str, Tensor]) -> str:
    """What is wrong with the shape of one tensor; empty where nothing is."""
    if name not in tensors:
        return f"no `{name}`"
    actual = tensors[name].shape
    return "" if actual == shape else f"`{name}` is {list(actual)}, not {list(shape)}"


def component(match: Match, table: TensorTable, seen: Unpacked, prefixes: set[str]) -> Component:
    """The component of a row under its prefix, without what stands under a longer one of `prefixes`."""
    row, prefix = match.row, match.prefix
    others = tuple(one for one in prefixes if one != prefix and one.startswith(prefix))
    own = {
        name.removeprefix(prefix): tensor
        for name, tensor in seen.tensors.items()
        if name.startswith(prefix) and not name.startswith(others)
    }
    held = [Tensor(name, t.dtype, t.shape) for name, t in own.items() if not ignored(name, row)]
    main = max(held, key=lambda t: t.parameters).dtype
    main = "F16" if packed(main) else main
    names = {t.name for t in held}
    held += [Tensor(name, main, shape) for name, shape in row.adds.items() if name not in names]
    made_for = adapter(held) if row.role == "lora" else None
    kind = row.kind() | ({"family": made_for.family, "variant": made_for.variant} if made_for else {})
    return Component(
        **kind,
        path=table.path,
        prefix=prefix,
        hyper={"rank": made_for.rank} if made_for else hypers(row, own),
        tensors=tuple(held),
        layouts={k.removeprefix(prefix): v for k, v in seen.layouts.items() if k.startswith(prefix)},
        format=table.format,
    )


def ignored(name: str, row: Row) -> bool:
    """Whether ComfyUI's module of the row has no place for a tensor."""
    return name in row.ignores or any(name.startswith(one[:-1]) for one in row.ignores if one.endswith("*"))


def hypers(row: Row, tensors: dict[str, Tensor]) -> dict[str, int]:
    """The row's hyper-parameters, read from the tensors' shapes and names."""
    return {key: read_hyper(hyper, tensors) for key, hyper in row.hyper.items()}


def read_hyper(hyper: Hyper, tensors: dict[str, Tensor]) -> int:
    """A hyper-parameter: a side of a tensor (0 without), or how many numbered blocks stand under a name."""
    if hyper.tensor:
        shape = tensors[hyper.tensor].shape if hyper.tensor in tensors else ()
        side = shape[hyper.dim] if hyper.dim < len(shape) else 0
        return hyper.value if hyper.value and side else isqrt(side // hyper.root) if hyper.root else side
    start = hyper.count + "."
    return len({name[len(start) :].partition(".")[0] for name in tensors if name.startswith(start)})
