"""A pickle machine that can build nothing but plain values and descriptions of tensors.

No name in a pickle is imported and nothing is called: `data/pickle.toml` says which names stand for a
tensor, a dict and so on; any other becomes an `Opaque`. Bytes, opcodes and numbers are bounded.
"""

from __future__ import annotations

import struct
from typing import Any

from .. import facts
from .pickle_values import PickleError


class Mark:
    """Where a group of values begins on the stack."""


MARK = Mark()


class Machine:
    """The state of one reading: what is left to read, the stack and the memo."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        """At `at` in `data`."""
        self.data, self.at = data, at
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.limits: dict[str, int] = facts.table("formats")["pickle"]["limits"]

    def take(self, length: int) -> bytes:
        """The next bytes."""
        start, self.at = self.at, self.at + length
        if length < 0 or self.at > len(self.data):
            raise PickleError("ends in the middle of a value")
        return self.data[start : self.at]

    def number(self, code: str) -> Any:
        """The next number, by its `struct` letter."""
        return struct.unpack(code, self.take(struct.calcsize(code)))[0]

    def line(self) -> str:
        """The text up to the next line end."""
        end = self.data.find(b"\n", self.at, self.at + self.limits["line_letters"])
        if end < 0:
            raise PickleError("has a line without an end")
        return self.take(end + 1 - self.at)[:-1].decode("latin-1")

    def push(self, value: Any) -> None:
        """A value onto the stack."""
        self.stack.append(value)

    def pop(self) -> Any:
        """The top of the stack, taken off."""
        value = self.top()
        self.stack.pop()
        return value

    def top(self) -> Any:
        """The top of the stack."""
        if not self.stack or self.stack[-1] is MARK:
            raise PickleError("takes a value from an empty stack")
        return self.stack[-1]

    def group(self) -> list[Any]:
        """The values above the last mark, taken off the stack with it."""
        for index in range(len(self.stack) - 1, -1, -1):
            if self.stack[index] is MARK:
                found = self.stack[index + 1 :]
                del self.stack[index:]
                return found
        raise PickleError("has a group without a beginning")

    def recall(self, index: int) -> None:
        """A kept value onto the stack."""
        if index not in self.memo:
            raise PickleError(f"recalls value {index}, which it never kept")
        self.push(self.memo[index])

    def keep(self, index: int) -> None:
        """Keep the top of the stack. Pickle's own writer numbers what it keeps from 0 on."""
        if not 0 <= index < 1 << 32:
            raise PickleError("keeps a value under a number that is out of range")
        self.memo[index] = self.top()
