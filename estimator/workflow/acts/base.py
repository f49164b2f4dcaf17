"""What every act of a rule has: its name in data, and what it does."""

from __future__ import annotations

import msgspec

from ..state import Here
from ..values import Value

Formula = str  # over the node's inputs, and what earlier acts and `let` have bound


class Act(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="does", kw_only=True):
    """One thing that a node does; fields of type `Formula` are worked out when it is done.

    `when`: done only where this holds; what is not known holds. `into`: the name that its result gets.
    """

    when: Formula = ""
    into: str = ""

    def do(self, here: Here) -> dict[str, Value]:
        """Do it: add steps and loads, and give values to bind by name."""
        raise NotImplementedError
