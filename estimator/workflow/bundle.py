"""A pipe: several values that travel along one link, as many packs have them."""

from __future__ import annotations

from typing import Any

import msgspec


class Bundle(msgspec.Struct, frozen=True):
    """Values by name; one of them may be unknown and the others not."""

    items: dict[str, Any]


def merged(*given: Any) -> Bundle:
    """Several pipes as one; a later one's values win. What is not connected is left out."""
    pipes = [one for some in given for one in (some if isinstance(some, tuple) else (some,))]
    items: dict[str, Any] = {}
    for pipe in pipes:
        items |= pipe.items if isinstance(pipe, Bundle) else {}
    return Bundle(items)
