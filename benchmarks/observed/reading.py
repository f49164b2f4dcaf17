"""Rows of observations as typed values. What could recognise a row, and not describe it, is not a field."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec

from estimator import facts
from estimator.errors import InputError


class Row(msgspec.Struct, frozen=True):
    """One observation; sizes in MiB but `bytes`. What is not stated is None."""

    kind: str = ""
    model_family: str | None = None
    model_file: str | None = None
    component: str | None = None
    class_name: str | None = None
    dtype: str | None = None
    params_b: float | None = None
    mb: float | None = None
    bytes: float | None = None
    gpu: str | None = None
    vram_mb: float | None = None
    ram_mb: float | None = None
    os: str | None = None
    comfy_version: str | None = None
    flags: str | None = None
    width: int | None = None
    height: int | None = None
    frames: int | None = None
    batch: int | None = None
    steps: int | None = None
    loras: int | None = None
    controlnets: int | None = None
    outcome: str | None = None
    stage: str | None = None
    numbers: dict[str, Any] = {}

    @property
    def said(self) -> str:
        """The words for the model, in lower case, parted by single dashes; the file's name after them."""
        return slug(f"{self.model_family or self.class_name or ''} {self.model_file or ''}")

    @property
    def around(self) -> str:
        """All words on what it ran in."""
        return " ".join(
            (self.flags or "", self.stage or "", self.model_family or "", self.model_file or "")
        ).lower()

    def number(self, *names: str) -> float | None:
        """The first of some numbers that is stated: the middle of a range, as `45-55` or `[1.7, 1.8]`."""
        return next((found for name in names if (found := middle(self.numbers.get(name))) is not None), None)


def middle(value: Any) -> float | None:
    """A number, or the middle of several; None where it is no number."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str) and re.fullmatch(r"~?\d+(\.\d+)?(-\d+(\.\d+)?)?", value.strip()):
        value = [float(part) for part in value.strip(" ~").split("-")]
    if isinstance(value, list) and value and all(isinstance(one, int | float) for one in value):
        return (min(value) + max(value)) / 2
    return None


def slug(text: str) -> str:
    """Lower case, with single dashes for all that parts words; dots within numbers and names stay."""
    return re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-.")


def rows(path: Path) -> list[Row | str]:
    """The rows of a file of JSON lines; for a line that is no row, what is wrong with it."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read ({error})", where=str(path)) from None
    return [row(line) for line in lines if line.strip()]


def row(line: str) -> Row | str:
    """One line."""
    try:
        return msgspec.json.decode(line, type=Row, strict=False)
    except msgspec.MsgspecError as error:
        return f"not a row: {error}"


def table(name: str) -> dict[str, Any]:
    """One of the tables of data/evidence/."""
    return facts.table(f"evidence/{name}")


def worded(kind: str, text: str) -> dict[str, Any] | None:
    """The first row of a kind in words.toml whose pattern is found in a text."""
    found = (one for one in table("words")[kind] if re.search(one["says"], text.lower()))
    return next(found, None)
