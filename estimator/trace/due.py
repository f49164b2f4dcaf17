"""Which models of a prompt are to be traced: those that no law is for, or none of this ComfyUI's version."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import msgspec

from ..costs.lookup import settled
from ..formats import TensorTable, read
from ..models import Component, identify, stranger
from .file import ROLES
from .request import Request, request


class Due(NamedTuple):
    """A model that is to be traced; `unknown`: no law says anything of it."""

    path: Path
    role: str
    architecture: str
    unknown: bool
    parameters: int

    @property
    def urgency(self) -> tuple[bool, bool, int]:
        """What sorts the least known first, then what works hardest, then the largest."""
        return not self.unknown, self.role != ROLES[0], -self.parameters


def due(path: Path, role: str, comfy: str) -> Due | None:
    """What is to be traced of a file that a prompt uses in a role; None where nothing is.

    Raises `InputError` for a file that is broken, and `OSError` for one that is gone.
    """
    if role not in ROLES or (found := subject(read(path), role)) is None:
        return None
    name = found.cost_table
    if settled(name, comfy):
        return None
    return Due(path, role, found.architecture, not name, found.parameters)


def asked(one: Due, comfyui: Path) -> tuple[Component, Request] | None:
    """The component, and what a tracing process is asked; None where the file holds another model by now."""
    table = read(one.path)
    found = subject(table, one.role)
    if found is None or found.architecture != one.architecture:
        return None
    wanted = request(found, str(comfyui), metadata=table.metadata)
    return found, msgspec.structs.replace(wanted, role=one.role)


def subject(table: TensorTable, role: str) -> Component | None:
    """The component of a role, else what no row knows; None where a file holds neither."""
    own = (one for one in identify(table).components if one.role == role)
    return next(own, None) or stranger(table)
