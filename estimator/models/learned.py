"""Models that no row knows, once they were traced on this machine: known by their names and shapes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import msgspec

from .. import facts
from ..formats import Tensor
from .rows import Kind

# assumed: fewer tensors than this are leftovers beside a known component, not a model
LEAST = 16


def architecture(tensors: Iterable[Tensor]) -> str:
    """A digest of names and shapes: the same for every type that the same model is stored in."""
    listed = sorted(f"{one.name} {list(one.shape)}" for one in tensors)
    return hashlib.blake2b("\n".join(listed).encode(), digest_size=12).hexdigest()


def unclaimed(tensors: dict[str, Tensor], prefixes: Iterable[str]) -> list[Tensor]:
    """The tensors under none of the prefixes of known components; none where they are too few."""
    known = tuple(prefixes)
    rest = [one for name, one in tensors.items() if not known or not name.startswith(known)]
    return rest if len(rest) >= LEAST else []


def learned_kind(digest: str) -> Kind | None:
    """What a trace on this machine said of a model; None where there was none."""
    known: dict[str, Any] = facts.learned(digest).get("kind", {})
    try:
        return msgspec.convert(known, Kind) if known else None
    except msgspec.ValidationError:
        return None
