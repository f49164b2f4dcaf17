"""What each opcode of a pickle does to the machine; opcodes that are not here are refused.

Opcodes: https://github.com/python/cpython/blob/main/Lib/pickletools.py, protocols 0 to 5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .pickle_machine import MARK, Machine
from .pickle_values import Global, Opaque, PickleError, make, storage

KEY_BITS = 60  # below Python's modulus for hashes of numbers, so no two of them share one
Step = Callable[[Machine], None]


def load(data: bytes, at: int = 0) -> tuple[Any, int]:
    """The value of the pickle at `at`, and where it ends. Raises `PickleError`."""
    machine = Machine(data, at)
    for _ in range(machine.limits["opcodes"]):
        opcode = machine.take(1)
        if opcode == b".":
            return machine.pop(), machine.at
        step = STEPS.get(opcode)
        if step is None:
            raise PickleError(f"has the unread opcode {opcode!r}")
        try:
            step(machine)
        except (ValueError, OverflowError):
            raise PickleError(f"has a broken value after {opcode!r}") from None
    raise PickleError(f"has more than {machine.limits['opcodes']} opcodes")


def constant(value: Any) -> Step:
    """Push always the same value."""
    return lambda machine: machine.push(value)


def number(code: str) -> Step:
    """Push the number that follows."""
    return lambda machine: machine.push(machine.number(code))


def counted(code: str, use: Callable[[bytes], Any]) -> Step:
    """Push what is made of the bytes that follow their number."""
    return lambda machine: machine.push(use(machine.take(machine.number(code))))


def lined(use: Callable[[str], Any]) -> Step:
    """Push what is made of the line that follows."""
    return lambda machine: machine.push(use(machine.line()))


def top_ones(count: int) -> Step:
    """Make a tuple of the top values."""
    return lambda machine: machine.push(tuple([machine.pop() for _ in range(count)][::-1]))


def grouped(use: Callable[[list[Any]], Any]) -> Step:
    """Push what is made of a group."""
    return lambda machine: machine.push(use(machine.group()))


def skipped(length: int) -> Step:
    """Step over bytes that say nothing about values."""

    def step(machine: Machine) -> None:
        machine.take(length)

    return step


def text(data: bytes) -> str:
    """UTF-8 text; the lone surrogates that pickle allows become question marks."""
    return data.decode("utf-8", "surrogatepass").encode("utf-8", "replace").decode()


def signed(data: bytes) -> int:
    """A whole number of any length."""
    return int.from_bytes(data, "little", signed=True)


def whole(line: str) -> int | bool:
    """The number on a line; protocol 0 writes truth values as 00 and 01."""
    return line == "01" if line in ("00", "01") else int(line.rstrip("L"))


def pairs(flat: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Keys and values that alternate, without those whose key is neither a text nor a small number.

    Hashing a tuple nested a million deep would crash Python itself; large numbers can be made to collide.
    """
    for key, value in zip(flat[::2], flat[1::2], strict=False):
        if isinstance(key, str) or (isinstance(key, int) and key.bit_length() <= KEY_BITS):
            yield key, value


def fill(machine: Machine, flat: list[Any]) -> None:
    """Put pairs into the dict on top; anything else has no place for them."""
    target = machine.top()
    if isinstance(target, dict):
        target.update(pairs(flat))


def extend(machine: Machine, values: list[Any]) -> None:
    """Add values to the list on top; anything else has no place for them."""
    target = machine.top()
    if isinstance(target, list):
        target += values


def set_item(machine: Machine) -> None:
    """One pair into the dict below it."""
    value, key = machine.pop(), machine.pop()
    fill(machine, [key, value])


def append(machine: Machine) -> None:
    """One value onto the list below it."""
    value = machine.pop()
    extend(machine, [value])


def drop(machine: Machine) -> None:
    """Take the top off, be it a mark."""
    if not machine.stack:
        raise PickleError("takes a value from an empty stack")
    machine.stack.pop()


def drop_group(machine: Machine) -> None:
    """Take a group off: of a set, nothing is needed."""
    machine.group()


def name(machine: Machine) -> None:
    """A name, in two lines."""
    module, own = machine.line(), machine.line()
    machine.push(Global(f"{module}.{own}"))


def stacked_name(machine: Machine) -> None:
    """A name, its two parts on the stack."""
    own, module = machine.pop(), machine.pop()
    if not isinstance(own, str) or not isinstance(module, str):
        raise PickleError("has a name that is no text")
    machine.push(Global(f"{module}.{own}"))


def call(machine: Machine) -> None:
    """What would call a function or make an object describes the result instead."""
    arguments = machine.pop()
    machine.push(make(machine.pop(), arguments if isinstance(arguments, tuple) else ()))


def call_with_names(machine: Machine) -> None:
    """The same with named arguments, which no tensor needs."""
    machine.pop()
    call(machine)


def object_of(group: list[Any]) -> Opaque:
    """What an object of the class that begins a group is described by."""
    return Opaque(group[0].path if group and isinstance(group[0], Global) else "an object")


def named_object(machine: Machine) -> None:
    """An object of a class that is named in two lines, its arguments a group."""
    module, own = machine.line(), machine.line()
    machine.group()
    machine.push(Opaque(f"{module}.{own}"))


def build(machine: Machine) -> None:
    """What would set an object's state drops it."""
    machine.pop()
    machine.top()


def as_dict(flat: list[Any]) -> dict[Any, Any]:
    """A dict of a group of pairs."""
    return dict(pairs(flat))


STEPS: dict[bytes, Step] = {
    b"\x80": skipped(1),  # protocol
    b"\x95": skipped(8),  # frame
    b"(": constant(MARK),
    b"0": drop,
    b"1": drop_group,
    b"2": lambda machine: machine.push(machine.top()),
    b"N": constant(None),
    b"\x88": constant(True),
    b"\x89": constant(False),
    b"I": lined(whole),
    b"L": lined(whole),
    b"J": number("<i"),
    b"K": number("<B"),
    b"M": number("<H"),
    b"\x8a": counted("<B", signed),
    b"\x8b": counted("<i", signed),
    b"F": lined(float),
    b"G": number(">d"),
    b"S": lined(lambda line: line[1:-1]),
    b"T": counted("<i", lambda data: data.decode("latin-1")),
    b"U": counted("<B", lambda data: data.decode("latin-1")),
    b"V": lined(str),
    b"X": counted("<I", text),
    b"\x8c": counted("<B", text),
    b"\x8d": counted("<Q", text),
    b"B": counted("<I", bytes),
    b"C": counted("<B", bytes),
    b"\x8e": counted("<Q", bytes),
    b"\x96": counted("<Q", bytes),
    b")": constant(()),
    b"t": grouped(tuple),
    b"\x85": top_ones(1),
    b"\x86": top_ones(2),
    b"\x87": top_ones(3),
    b"]": lambda machine: machine.push([]),
    b"l": grouped(list),
    b"a": append,
    b"e": lambda machine: extend(machine, machine.group()),
    b"}": lambda machine: machine.push({}),
    b"d": grouped(as_dict),
    b"s": set_item,
    b"u": lambda machine: fill(machine, machine.group()),
    b"\x8f": constant(Opaque("a set")),
    b"\x90": drop_group,
    b"\x91": grouped(lambda group: Opaque("a set")),
    b"g": lambda machine: machine.recall(int(machine.line())),
    b"h": lambda machine: machine.recall(machine.number("<B")),
    b"j": lambda machine: machine.recall(machine.number("<I")),
    b"p": lambda machine: machine.keep(int(machine.line())),
    b"q": lambda machine: machine.keep(machine.number("<B")),
    b"r": lambda machine: machine.keep(machine.number("<I")),
    b"\x94": lambda machine: machine.keep(len(machine.memo)),
    b"c": name,
    b"\x93": stacked_name,
    b"R": call,
    b"\x81": call,
    b"\x92": call_with_names,
    b"o": grouped(object_of),
    b"i": named_object,
    b"b": build,
    b"P": lined(Opaque),
    b"Q": lambda machine: machine.push(storage(machine.pop())),
}
