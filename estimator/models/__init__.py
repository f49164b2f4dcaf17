"""What a file holds: `identify(table)` splits it into components by the rows of `data/families/`."""

from __future__ import annotations

import msgspec

from .. import facts
from ..formats import Tensor, TensorTable, packed
from .adapters import adapter
from .component import Component, Module, is_scale
from .learned import learned_kind, unclaimed
from .quantized import Unpacked, unpack
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
    """The components found in a file, and for every other row why it does not match."""

    components: tuple[Component, ...]
    refusals: tuple[Refusal, ...]


class Match(msgspec.Struct, frozen=True):
    """A row that a file's tensors match under a prefix."""

    row: Row
    prefix: str


def identify(table: TensorTable) -> Identification:
    """The components of the file, each under the first prefix where its row matches."""
    seen = unpack(table)
    found, refused = match(seen.tensors)
    components = [component(one, table, seen) for one in found]
    if facts.anything_learned() and (stranger := rest(table, seen, found)):
        kind = learned_kind(stranger.architecture)
        components += [of_kind(stranger, kind)] if kind else []
    return Identification(tuple(components), tuple(refused))


def stranger(table: TensorTable) -> Component | None:
    """What a file holds beside the components that rows know: a model to be traced; None where nothing."""
    seen = unpack(table)
    return rest(table, seen, match(seen.tensors)[0])


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


def match(tensors: dict[str, Tensor]) -> tuple[list[Match], list[Refusal]]:
    """The rows that a file's tensors match, and why the others do not."""
    found: list[Match] = []
    refused: list[Refusal] = []
    names = "\n" + "\n".join(tensors) + "\n"
    for row in rows():
        if found and row.any_suffix:
            refused.append(Refusal(row.id, "the file holds a whole model"))
            continue
        reasons: list[str] = []
        for prefix in row.prefixes:
            reasons.append(mismatch(row, tensors, prefix, names))
            if not reasons[-1]:
                found.append(Match(row, prefix))
                break
        else:
            refused.append(Refusal(row.id, min(reasons, key=len)))
    return found, refused


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


def component(match: Match, table: TensorTable, seen: Unpacked) -> Component:
    """The component of a row that stands under its prefix."""
    row, prefix = match.row, match.prefix
    own = {name.removeprefix(prefix): t for name, t in seen.tensors.items() if name.startswith(prefix)}
    held = [Tensor(name, t.dtype, t.shape) for name, t in own.items() if name not in row.ignores]
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


def hypers(row: Row, tensors: dict[str, Tensor]) -> dict[str, int]:
    """The row's hyper-parameters, read from the tensors' shapes and names."""
    return {key: read_hyper(hyper, tensors) for key, hyper in row.hyper.items()}


def read_hyper(hyper: Hyper, tensors: dict[str, Tensor]) -> int:
    """A hyper-parameter: a side of a tensor, or how many numbered blocks stand under a name."""
    if hyper.tensor:
        return tensors[hyper.tensor].shape[hyper.dim]
    start = hyper.count + "."
    return len({name[len(start) :].partition(".")[0] for name in tensors if name.startswith(start)})
