"""What a file holds: `identify(table)` splits it into components by the rows of `data/families/`."""

from __future__ import annotations

import msgspec

from ..formats import Tensor, TensorTable, packed
from .component import Component, Module, is_scale
from .rows import Hyper, Role, Row, rows

__all__ = ["Component", "Identification", "Module", "Refusal", "Role", "Row", "identify", "is_scale", "rows"]


class Refusal(msgspec.Struct, frozen=True):
    """Why a row's component is not in a file."""

    id: str
    reason: str


class Identification(msgspec.Struct, frozen=True):
    """The components found in a file, and for every other row why it does not match."""

    components: tuple[Component, ...]
    refusals: tuple[Refusal, ...]


def identify(table: TensorTable) -> Identification:
    """The components of the file, each under the first prefix where its row matches."""
    found: list[Component] = []
    refused: list[Refusal] = []
    for row in rows():
        reasons = {prefix: mismatch(row, table.tensors, prefix) for prefix in row.prefixes}
        match = next((prefix for prefix, reason in reasons.items() if not reason), None)
        if match is None:
            refused.append(Refusal(row.id, min(reasons.values(), key=len)))
        else:
            found.append(component(row, table, match))
    return Identification(tuple(found), tuple(refused))


def mismatch(row: Row, tensors: dict[str, Tensor], prefix: str) -> str:
    """Why `row` does not match under `prefix`; empty where it does."""
    for name in row.has:
        if not present(prefix + name, tensors):
            return f"no `{prefix}{name}`"
    for name in row.lacks:
        if prefix + name in tensors:
            return f"has `{prefix}{name}`"
    if row.any_suffix and not any(name.endswith(row.any_suffix) for name in tensors):
        return f"no tensor named `*{row.any_suffix[0]}` or its kin"
    return next(filter(None, (wrong_shape(prefix + n, s, tensors) for n, s in row.shapes.items())), "")


def present(name: str, tensors: dict[str, Tensor]) -> bool:
    """Whether a tensor of that name is there; a trailing `*` stands for any ending."""
    if name.endswith("*"):
        return any(other.startswith(name[:-1]) for other in tensors)
    return name in tensors


def wrong_shape(name: str, shape: tuple[int, ...], tensors: dict[str, Tensor]) -> str:
    """What is wrong with the shape of one tensor; empty where nothing is."""
    if name not in tensors:
        return f"no `{name}`"
    actual = tensors[name].shape
    return "" if actual == shape else f"`{name}` is {list(actual)}, not {list(shape)}"


def component(row: Row, table: TensorTable, prefix: str) -> Component:
    """The component of `row` that stands under `prefix`."""
    own = {
        name.removeprefix(prefix): tensor for name, tensor in table.tensors.items() if name.startswith(prefix)
    }
    held = [Tensor(name, t.dtype, t.shape) for name, t in own.items() if name not in row.ignores]
    main = max(held, key=lambda t: t.parameters).dtype
    main = "F16" if packed(main) else main
    held += [
        Tensor(name, main, shape) for name, shape in row.adds.items() if name not in {t.name for t in held}
    ]
    return Component(
        id=row.id,
        role=row.role,
        family=row.family,
        variant=row.variant,
        title=row.title,
        path=table.path,
        prefix=prefix,
        hyper={key: read_hyper(hyper, own) for key, hyper in row.hyper.items()},
        tensors=tuple(held),
        storage=row.storage,
        fixed=row.fixed,
        dtypes=row.dtypes,
        convolutional=row.convolutional,
        min_tokens=row.min_tokens,
        chunk_tokens=row.chunk_tokens,
        costs=row.costs,
        latent=row.latent,
        comfy_class=row.comfy_class,
        format=table.format,
    )


def read_hyper(hyper: Hyper, tensors: dict[str, Tensor]) -> int:
    """A hyper-parameter: a side of a tensor, or how many numbered blocks stand under a name."""
    if hyper.tensor:
        return tensors[hyper.tensor].shape[hyper.dim]
    start = hyper.count + "."
    return len({name[len(start) :].partition(".")[0] for name in tensors if name.startswith(start)})
