"""The usual workflow of each family, put together from pieces (`data/charts/`)."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

import msgspec

from .. import facts
from ..errors import InputError
from ..workflow import Graph, read

Kind = Literal["image", "edit", "video", "sound", "control", "training"]


class Family(msgspec.Struct, frozen=True):
    """A row of `data/charts/families.toml`, where its keys are explained."""

    id: str
    name: str
    kind: Kind
    pieces: tuple[str, ...]
    model: str
    values: dict[str, Any]
    light: dict[str, Any] = {}
    article: bool = False
    published: str = ""
    template: str = ""
    basis: str = ""
    note: str = ""

    @property
    def second(self) -> str:
        """Its other expert's file, or the other model's that is evaluated with it; empty for none."""
        return str(self.values.get("second", ""))

    @property
    def size(self) -> str:
        """What it makes, in a few words: `1024x1024`, `832x480 x 81`, `120 s`."""
        made = self.values
        if "seconds" in made:
            return f"{made['seconds']:g} s"
        frames = f" x {made['frames']}" if "frames" in made else ""
        return f"{made['width']}x{made['height']}{frames}"


def group(kind: Kind) -> str:
    """The heading that a kind of family stands under."""
    return str(facts.table("charts/unlocks")["groups"][kind])


@cache
def families() -> tuple[Family, ...]:
    """All of them, in the order of the chart."""
    return msgspec.convert(facts.table("charts/families")["family"], tuple[Family, ...])


def family(name: str) -> Family:
    """One by its id. Raises `InputError` naming all where there is none."""
    known = {one.id: one for one in families()}
    if name not in known:
        raise InputError(f"no family is called `{name}`", do=f"Use one of {', '.join(known)}.")
    return known[name]


def usual(family: Family, file: str = "", second: str = "", light: bool = False) -> Graph:
    """Its usual workflow with one of its files, both experts'; `light`: with the lighter encoders beside."""
    values = family.values | (family.light if light else {})
    values |= {"model": file or family.model, "second": second or family.second}
    gguf = values["model"].endswith(".gguf")
    return built(tuple(one.replace("unet", "gguf") if gguf else one for one in family.pieces), values)


def built(pieces: tuple[str, ...], values: dict[str, Any]) -> Graph:
    """The graph that pieces make, each taking what earlier ones give."""
    prompt: dict[str, Any] = {}
    given: dict[str, Any] = {}

    def filled(value: Any) -> Any:
        if isinstance(value, str) and value.startswith("$"):
            return values[value[1:]]
        return given[value[1:]] if isinstance(value, str) and value.startswith("@") else value

    for row in (facts.table("charts/pieces")[piece] for piece in pieces):
        for node, made in row["nodes"].items():
            inputs = {name: filled(value) for name, value in made["inputs"].items()}
            prompt[node] = {"class_type": made["class_type"], "inputs": inputs}
        given |= row.get("gives", {})
    return read(prompt)
