"""Text encoders that one loader makes work together: to ComfyUI's manager they are one model.

`CLIP` of comfy/sd.py has one patcher, whatever the number of its encoders.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from .weights import Held

TEXT = "text_encoder"


class Joint(msgspec.Struct, frozen=True):
    """A model as ComfyUI's manager sees it, and the parts it is made of: one, or all text encoders."""

    held: Held
    parts: tuple[Held, ...]


def joined(models: Sequence[Held]) -> list[Joint]:
    """The models of one load in their order, the text encoders among them as one."""
    texts = tuple(one for one in models if one.role == TEXT)
    if len(texts) < 2:
        return [Joint(one, (one,)) for one in models]
    found = []
    for one in models:
        if one is texts[0]:
            found.append(together(texts))
        elif one.role != TEXT:
            found.append(Joint(one, (one,)))
    return found


def together(parts: tuple[Held, ...]) -> Joint:
    """Several text encoders as one model."""
    key = ("together", *((one.key, one.storage, one.compute, one.loras) for one in parts[1:]))
    if key not in parts[0].kept:
        layers = tuple(
            msgspec.structs.replace(layer, name=f"{number}.{layer.name}")
            for number, one in enumerate(parts)
            for layer in one.layers
        )
        parts[0].kept[key] = Joint(
            msgspec.structs.replace(
                parts[0],
                key="+".join(one.key for one in parts),
                layers=layers,
                bytes=sum(one.bytes for one in parts),
                loras=tuple(name for one in parts for name in one.loras),
            ),
            parts,
        )
    found: Joint = parts[0].kept[key]
    return found
