"""Acts that name values, and of pipes: several values that travel along one link, as many packs have them."""

from __future__ import annotations

from ..bundle import Bundle
from ..state import Here
from ..values import Value
from .base import Act, Formula


class Bind(Act, frozen=True, kw_only=True, tag="bind"):
    """Names for formulas, in this order, once what they need is there (`let` comes before every act)."""

    of: dict[str, Formula]

    def do(self, here: Here) -> dict[str, Value]:
        """The values; each is seen by those after it."""
        for name, formula in self.of.items():
            here.bound[name] = here.value(formula)
        return {}


class Pack(Act, frozen=True, kw_only=True, tag="pack"):
    """Values into a pipe; what is not connected stays as the pipe `base` has it."""

    of: dict[str, Formula]
    base: Formula = ""
    into: str = "pipe"

    def do(self, here: Here) -> dict[str, Value]:
        """The pipe."""
        earlier = here.value(self.base) if self.base else None
        items = dict(earlier.items) if isinstance(earlier, Bundle) else {}
        given = {name: here.value(formula) for name, formula in self.of.items()}
        return {self.into: Bundle(items | {name: one for name, one in given.items() if one is not None})}


class Unpack(Act, frozen=True, kw_only=True, tag="unpack"):
    """Values out of a pipe, each bound under its name with `prefix` before it.

    What the pipe does not hold is None; what comes from something that is no pipe is unknown.
    """

    names: tuple[str, ...]
    pipe: Formula = "pipe"
    prefix: str = ""

    def do(self, here: Here) -> dict[str, Value]:
        """The values."""
        found = here.value(self.pipe)
        if not isinstance(found, Bundle):
            return dict.fromkeys(self.bound(), here.like(found))
        return {self.prefix + name: found.items.get(name) for name in self.names}

    def bound(self) -> tuple[str, ...]:
        """The names that this act binds."""
        return tuple(self.prefix + name for name in self.names)
