"""The formulas in rules (`data/nodes/`): names are a node's inputs, functions are those of `functions.py`.

A formula can do nothing but arithmetic: its syntax is checked before it is compiled. Formulas that come with
a workflow are never given to this module.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cache
from types import CodeType
from typing import Any

from .functions import FUNCTIONS

ALLOWED = (
    ast.Expression,
    ast.Name,
    ast.Load,
    ast.Constant,
    ast.Attribute,
    ast.Call,
    ast.keyword,
    ast.BinOp,
    *(ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod),  # powers and shifts grow without bound
    ast.UnaryOp,
    ast.unaryop,
    ast.Compare,
    ast.cmpop,
    ast.BoolOp,
    ast.boolop,
    ast.IfExp,
    ast.Tuple,
    ast.Subscript,
)
CALLED = "__"  # before a function's name, so that an input of the same name is no obstacle
GLOBALS: dict[str, Any] = {"__builtins__": {}} | {
    CALLED + name: function for name, function in FUNCTIONS.items()
}


class Called(ast.NodeTransformer):
    """Marks the names that are called."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """One call, those in its arguments too."""
        self.generic_visit(node)
        if not isinstance(node.func, ast.Name):
            raise ValueError("only functions by their names can be called")
        node.func.id = CALLED + node.func.id
        return node


@cache
def compiled(text: str) -> CodeType:
    """A formula, checked; raises `ValueError` for anything that is not one."""
    tree = ast.parse(text.strip(), mode="eval")
    for part in ast.walk(tree):
        if not isinstance(part, ALLOWED):
            raise ValueError(f"`{text}`: {type(part).__name__} is not allowed")
        name = getattr(part, "attr", getattr(part, "id", ""))
        if name.startswith("_"):
            raise ValueError(f"`{text}`: {name} is not allowed")
    return compile(ast.fix_missing_locations(Called().visit(tree)), "<rule>", "eval")


def evaluate(text: str, names: Mapping[str, Any]) -> Any:
    """The value of a formula; whatever `names` raises for a name comes through."""
    return eval(compiled(text), GLOBALS, names)  # checked: nothing but arithmetic and FUNCTIONS
