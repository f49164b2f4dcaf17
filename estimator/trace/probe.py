"""Inputs for a model that no row names: what its forward asks for, found by trying.

A diffusion model is given a latent, a time and a text. How wide the text is shows in no header by itself:
the widths that layers of the model take are tried at a tiny shape, those of layers that are named after
texts first, until a forward runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from ..costs.law import Shape
from ..errors import InputError, one_line
from .grid import Row, of_row, rows
from .run import Subject

# Words in the names of layers that take a text, likeliest first.
TEXT = ("txt_in", "text", "txt", "context", "cap_", "caption", "cross", "cond", "attn2.to_k", "y_embed")
# assumed: no text encoder's output is narrower than this, and few enough widths that trying them is quick
NARROWEST, MOST = 128, 12
TINY = {1: (1, 64), 2: (16, 16), 3: (16, 16)}


def row_of(kind: str) -> Row | None:
    """The row whose inputs a class of ComfyUI's takes, or None."""
    return next((row for row in rows().values() if kind in row.of), None)


def probed(header: dict[str, Any], dimensions: int, native: tuple[str, str], device: str) -> Row:
    """A row for a diffusion model of no known class; `dimensions` of its latent.

    Raises `InputError` with the last attempt's reason where no attempt ran.
    """
    template = rows()[{1: "sequence", 2: "image", 3: "video"}[dimensions]]
    reason = "it takes no text that we could think of"
    for inputs in _attempts(header):
        row = _with(template, inputs)
        grid = of_row(row)[0]
        try:
            subject = Subject(grid, header, native, device)
            for text in (7, 16):
                subject.trace(Shape(1, 0, 5 if dimensions == 3 else 1, *TINY[dimensions], text))
        except Exception as error:
            reason = one_line(f"{type(error).__name__}: {error}")[:200]
        else:
            return row
    raise InputError(f"no inputs were found that its forward takes; the last attempt ended with {reason}")


def _with(template: Row, inputs: dict[str, Any]) -> Row:
    """The template's grid with these inputs, for single latent cells: how a patch is cut is not known."""
    return msgspec.structs.replace(
        template, name="probed", template=False, inputs=inputs, patch=1, source="inputs found by trying"
    )


def _attempts(header: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Inputs to try: a text of each width, with and without what is often asked for beside it."""
    for width in _widths(header):
        text = {"c_crossattn": ["batch", "text", width]}
        yield text
        masked = {**text, "attention_mask": {"shape": ["batch", "text"]}}
        yield masked
        yield {**masked, "num_tokens": {"size": "text"}}
        yield {**text, "guidance": ["batch"]}
        for pooled in _pooled(header):
            yield {**text, "y": ["batch", pooled]}
            yield {**text, "y": ["batch", pooled], "guidance": ["batch"]}
    yield {}


def _widths(header: dict[str, Any]) -> list[int]:
    """Widths that a text may have: what layers take, by how much their names speak of texts."""
    takes = {
        name: shape[1] for name, (_, shape) in weights(header) if len(shape) == 2 and shape[1] >= NARROWEST
    }
    spoken = sorted(takes, key=lambda name: next((i for i, w in enumerate(TEXT) if w in name), len(TEXT)))
    return list(dict.fromkeys(takes[name] for name in spoken))[:MOST]


def _pooled(header: dict[str, Any]) -> list[int]:
    """Widths that a pooled text may have."""
    named = ("vector_in", "y_embed", "pooled", "label_emb")
    found = (
        shape[1]
        for name, (_, shape) in weights(header)
        if len(shape) == 2 and any(word in name for word in named)
    )
    return list(dict.fromkeys(found))[:2]


def weights(header: dict[str, Any]) -> list[tuple[str, Any]]:
    """The weights of a header."""
    return [(name, kept) for name, kept in header.items() if name.endswith("weight")]
