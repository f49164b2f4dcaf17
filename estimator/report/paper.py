"""Text that rich lays out, as a string."""

from __future__ import annotations

import io
from typing import Any


class Paper:
    """A rich `console` of so many columns; nothing that is printed on it is taken for rich's own markup."""

    def __init__(self, width: int, colour: bool = False) -> None:
        """An empty one."""
        from rich.console import Console

        self.out = io.StringIO()
        how: dict[str, Any] = {"force_terminal": colour, "no_color": not colour}
        self.console = Console(file=self.out, width=width, highlight=False, emoji=False, markup=False, **how)

    def text(self) -> str:
        """What was printed, without blanks at the ends of lines."""
        return "\n".join(line.rstrip() for line in self.out.getvalue().splitlines())
