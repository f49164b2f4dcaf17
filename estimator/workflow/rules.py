"""The rules of node types, as rows of `data/nodes/`: what each type does, and what its outputs are."""

from __future__ import annotations

from functools import cache

import msgspec

from .. import facts
from .acts import AnyAct
from .state import Here
from .values import Value


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row `[[rule]]`: node types, and what they do in this order.

    `let`: names for formulas; `acts`: what the card, or its preparation, has to do; `gives`: a formula for
    each output. `lists`: it takes whole lists, which any other node is run for item by item.
    """

    classes: tuple[str, ...]
    let: dict[str, str] = {}
    acts: tuple[AnyAct, ...] = ()
    gives: tuple[str, ...] = ()
    lists: bool = False
    source: str = ""

    def work(self, here: Here) -> tuple[Value, ...]:
        """Do all that a node of this type does, and give its outputs."""
        for name, formula in self.let.items():
            here.bound[name] = here.value(formula)
        for act in self.acts:
            if not act.when or here.value(act.when):
                here.bound |= act.do(here)
        return tuple(map(here.value, self.gives))


@cache
def rules() -> dict[str, Rule]:
    """The rule of each node type."""
    tables = [facts.table(name) for name in facts.names("nodes")]
    rows = [row for table in tables for row in msgspec.convert(table.get("rule", []), list[Rule])]
    return {name: row for row in rows for name in row.classes}
