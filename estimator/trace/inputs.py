"""A forward's inputs from the rows of `data/trace_grids/`: shapes written in a shape's own quantities.

An input is a list of sizes (a float32 tensor), or a table: `shape` with a `dtype`, `list` of inputs, one
`size` as a number, or a plain `value`; `when` names a tensor of the header without which the input is left
out, as is a tensor of no elements: no reference pictures are none, not an empty one. A size is a whole
number or a sum of products of whole numbers, quantities of the shape (`batch`, `channels`, `frames`,
`height`, `width`, `text`, `reference`) and sides of the header's tensors: `"4*frames-3"`,
`"txt_in.weight[1]"`.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

import torch

from ..costs.law import Shape
from .models import DTYPES

_SIDE = re.compile(r"([A-Za-z_][\w.]*)\[(\d+)\]")
_OPERATORS: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
}


def size(text: int | str, shape: Shape, header: Mapping[str, Any]) -> int:
    """One size. Raises `KeyError` or `ValueError` where it names what is not there."""
    if isinstance(text, int):
        return text
    known = {"text": shape.text_tokens}
    known |= {name: getattr(shape, name) for name in shape.__struct_fields__}
    numbers = _SIDE.sub(lambda found: str(header[found[1]][1][int(found[2])]), text)
    return _value(ast.parse(numbers, mode="eval").body, known)


def made(inputs: Mapping[str, Any], shape: Shape, header: Mapping[str, Any], device: str) -> dict[str, Any]:
    """All inputs of a row for one shape."""
    found = {
        name: _made(one, shape, header, device)
        for name, one in inputs.items()
        if not isinstance(one, dict) or one.get("when", "") in header or "when" not in one
    }
    return {name: one for name, one in found.items() if one is not None}


def _made(one: Any, shape: Shape, header: Mapping[str, Any], device: str) -> Any:
    """One input, or None where it has no elements."""
    if isinstance(one, list):
        one = {"shape": one}
    if "value" in one:
        return one["value"]
    if "list" in one:
        parts = [_made(part, shape, header, device) for part in one["list"]]
        return [part for part in parts if part is not None] or None
    if "size" in one:
        return size(one["size"], shape, header)
    sides = [size(text, shape, header) for text in one["shape"]]
    return torch.empty(sides, dtype=DTYPES[one.get("dtype", "F32")], device=device) if all(sides) else None


def _value(node: ast.AST, known: Mapping[str, int]) -> int:
    """The value of a parsed size."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return node.value
    if isinstance(node, ast.Name):
        return known[node.id]
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_value(node.left, known), _value(node.right, known))
    raise ValueError(f"a size cannot hold `{ast.unparse(node)}`")
