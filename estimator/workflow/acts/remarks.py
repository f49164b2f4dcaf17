"""An act that only says something: what a forecast takes for granted where it cannot know better."""

from __future__ import annotations

from ..state import Here
from ..values import Value
from .base import Act


class Remark(Act, frozen=True, kw_only=True, tag="remark"):
    """A remark on what is not simulated, shown with the forecast."""

    what: str

    def do(self, here: Here) -> dict[str, Value]:
        """Note it; nothing to bind."""
        here.state.assume(here.node, self.what)
        return {}
