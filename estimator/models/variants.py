"""A model's tensors in another storage: what a header tells of the files that are made from it.

Storages of safetensors are rows of `data/storages.toml`, GGUF's are recipes of `data/gguf_recipes.toml`.
Which layers a maker packs is its own choice, so sizes are near those of the real file, not equal to them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache
from math import prod
from typing import Any, NamedTuple

import msgspec

from .. import facts
from ..errors import InputError
from ..formats import Tensor, TensorTable, bits
from ..formats.table import blocks
from .quantized import scale_names, unpack

FLOATS = ("F32", "F16", "BF16")
HALF = 16
BLOCK = re.compile(r"(^|\.)(\d+)\.")
LANGUAGE = "language"
OUTPUT = "embedding"
MARKS = "_quantization_metadata"


class Keeps(NamedTuple):
    """Which layers a file's maker left as they are: the first `blocks`, and those with one of `words`.

    `everything`: layers outside of numbered blocks are packed as well; `only`: where it is not empty, these
    layers are and no others.
    """

    blocks: int = 0
    words: tuple[str, ...] = ()
    everything: bool = False
    only: frozenset[str] = frozenset()


def variant(table: TensorTable, target: str, keeps: Keeps | None = None) -> TensorTable:
    """The model of `table` in `target`: a storage (`f8_e4m3_scaled`), or a recipe of GGUF (`gguf-Q4_K_M`).

    `keeps`: what is told of this one file. Raises `InputError` for a target that no row describes.
    """
    plain, packed = widened(table)
    if target in storages():
        return stored_as(plain, storages()[target], keeps or Keeps(only=packed))
    if target in recipes():
        return as_gguf(plain, recipes()[target])
    known = ", ".join([*storages(), *recipes()])
    raise InputError(f"no storage is called `{target}`", do=f"Known are {known}.")


@cache
def storages() -> dict[str, dict[str, Any]]:
    """The storages of safetensors, by name."""
    found: dict[str, dict[str, Any]] = facts.table("storages")["storage"]
    return found


@cache
def recipes() -> dict[str, dict[str, Any]]:
    """The recipes of GGUF by name, as `gguf-Q4_K_M`."""
    return {f"gguf-{row['name']}": row for row in facts.table("gguf_recipes")["recipe"]}


def widened(table: TensorTable) -> tuple[TensorTable, frozenset[str]]:
    """The model of a table in 8 bits and fewer as it was before, and the names of what was packed.

    Its packed layers are in 16 bits there, without scales.
    """
    held = unpack(table).tensors
    packed = frozenset(one.name for one in held.values() if narrow(one))
    if not packed:
        return table, packed
    wide = "BF16" if any(one.dtype == "BF16" for one in held.values()) else "F16"
    own = [one for one in held.values() if not scale(one)]
    plain = [Tensor(one.name, wide, one.shape) if one.name in packed else one for one in own]
    return as_table(table.path, plain, told(table)), packed


def narrow(tensor: Tensor) -> bool:
    """Whether a tensor is a weight of fewer than 16 bits, or a vector stored as they are."""
    weight = len(tensor.shape) > 1 or tensor.dtype.startswith("F8")
    return weight and bits()[tensor.dtype] < HALF and not scale(tensor)


def scale(tensor: Tensor) -> bool:
    """Whether a tensor lies beside a packed weight and is none itself."""
    return tensor.name.rpartition(".")[2] in scale_names()


def stored_as(table: TensorTable, rule: dict[str, Any], keeps: Keeps) -> TensorTable:
    """The model in a storage of safetensors."""
    found: list[Tensor] = []
    marks: dict[str, Any] = {}
    for tensor in table.tensors.values():
        if "all" in rule:
            changes = tensor.dtype in FLOATS and not named(tensor, keeps.words)
            found.append(Tensor(tensor.name, rule["all"] if changes else tensor.dtype, tensor.shape))
        elif packable(tensor, rule["least"], keeps):
            layer = tensor.name.rpartition(".")[0]
            found += packed(tensor, layer, rule)
            marks |= {layer: rule["mark"]} if "mark" in rule else {}
        else:
            found.append(tensor)
    layers = msgspec.json.encode({"layers": marks}).decode()
    return as_table(table.path, found, told(table) | ({MARKS: layers} if marks else {}))


def told(table: TensorTable) -> dict[str, str]:
    """What a file's metadata says of the model, and not of how it is packed."""
    return {key: value for key, value in table.metadata.items() if key != MARKS}


def packable(tensor: Tensor, least: int, keeps: Keeps) -> bool:
    """Whether a quantised file packs it: the weight of a layer that stands in a numbered block."""
    if keeps.only:
        return tensor.name in keeps.only and len(tensor.shape) == 2
    large = len(tensor.shape) == 2 and min(tensor.shape) >= least
    block = BLOCK.search(tensor.name)
    inside = int(block[2]) >= keeps.blocks if block else keeps.everything
    return large and tensor.name.endswith(".weight") and inside and not named(tensor, keeps.words)


def named(tensor: Tensor, words: Iterable[str]) -> bool:
    """Whether one of some words is in a tensor's name."""
    return any(word in tensor.name for word in words)


def packed(tensor: Tensor, layer: str, rule: dict[str, Any]) -> list[Tensor]:
    """The packed weight and its scales."""
    rows, columns = tensor.shape
    down, across = rule.get("sides", (1, 1))
    found = [Tensor(tensor.name, rule["weights"], (rows // down, columns // across))]
    for last, (dtype, *sides) in rule["scales"].items():
        found.append(Tensor(f"{layer}.{last}", dtype, tuple(side_of(one, rows, columns) for one in sides)))
    return found


def side_of(side: str, rows: int, columns: int) -> int:
    """`rows`, `columns`, or one of them divided: `columns/16`."""
    name, _, by = side.partition("/")
    return {"rows": rows, "columns": columns}[name] // int(by or 1)


def as_table(name: str, tensors: Iterable[Tensor], metadata: dict[str, str], kind: str = "") -> TensorTable:
    """A table of these tensors that no disk holds; `kind` is its format, `published` without."""
    held = {one.name: one for one in tensors}
    size = sum(tensor.nbytes for tensor in held.values())
    return TensorTable(name, kind or "published", size, 0, metadata, held)


def adapter_of(table: TensorTable, rank: int, dtype: str, lacks: tuple[str, ...] = ()) -> TensorTable:
    """A LoRA of a rank on the matrices of a model's blocks, but for those with a word of `lacks`."""
    found: list[Tensor] = []
    for tensor in table.tensors.values():
        layer, _, last = tensor.name.rpartition(".")
        matrix = last == "weight" and len(tensor.shape) == 2 and BLOCK.search(tensor.name)
        if matrix and not any(word in layer for word in lacks):
            rows, columns = tensor.shape
            for end, shape in (("lora_A", (rank, columns)), ("lora_B", (rows, rank))):
                found.append(Tensor(f"diffusion_model.{layer}.{end}.weight", dtype, shape))
    return as_table(table.path, found, {})


def as_gguf(table: TensorTable, recipe: dict[str, Any]) -> TensorTable:
    """The model as a GGUF made by a recipe."""
    known = facts.table("gguf_recipes")
    language = next((row for row in known["names"] if has(table, row["has"])), None)
    image: dict[str, Any] = next((row for row in known["architecture"] if has(table, row["has"])), {})
    tensors = renamed(table, language) if language else table.tensors.values()
    chosen = Choice(recipe, language or image, LANGUAGE if language else "image", tensors)
    return as_table(table.path, (chosen.made(one) for one in tensors), {}, "gguf")


def has(table: TensorTable, name: str) -> bool:
    """Whether a table has a tensor of that name, under any prefix."""
    return name in table.tensors or any(one.endswith(name) for one in table.tensors)


def renamed(table: TensorTable, rule: dict[str, Any]) -> list[Tensor]:
    """A text encoder's tensors by their names in GGUF, without the parts that lie in another file."""
    found = []
    for tensor in table.tensors.values():
        name = tensor.name
        if name.startswith(tuple(rule.get("drops", ()))):
            continue
        for old, new in rule["replace"]:
            name = name.replace(old, new)
        found.append(Tensor(name, tensor.dtype, tensor.shape))
    return found


class Choice:
    """Which type each tensor of a model becomes by a recipe; tensors are asked for in the file's order."""

    def __init__(
        self, recipe: dict[str, Any], row: dict[str, Any], kind: str, tensors: Iterable[Tensor]
    ) -> None:
        """`row`: what is known of the architecture; `kind`: `image` or `language`."""
        self.known = facts.table("gguf_recipes")
        self.type: str = recipe["type"]
        self.named: dict[str, str] = recipe.get("named", {})
        self.others: dict[str, str] = recipe.get(kind, {})
        if row.get("grouped"):
            self.others = self.others | recipe.get("grouped", {})
        self.plain: tuple[str, ...] = tuple(row.get("plain", ()))
        self.wide: tuple[str, ...] = tuple(row.get("wide", ()))
        names = [one.name for one in tensors]
        self.words: dict[str, list[str]] = {
            role: (first_there(words, names) if role == OUTPUT else words) + row.get(role, [])
            for role, words in self.known["roles"][kind].items()
        }
        self.seen: Counter[str] = Counter()
        self.total = Counter(map(self.role, names))

    def made(self, tensor: Tensor) -> Tensor:
        """The tensor in its type in the file."""
        return Tensor(tensor.name, self.type_of(tensor), tensor.shape)

    def type_of(self, tensor: Tensor) -> str:
        """What the tensor becomes."""
        two_sided = len(tensor.shape) == 2 and tensor.name.endswith("weight")
        if not two_sided or any(word in tensor.name for word in (*self.plain, *self.wide)):
            return self.kept(tensor)
        role = self.role(tensor.name)
        own = next((dtype for start, dtype in self.named.items() if tensor.name.startswith(start)), "")
        chosen = own if own and not role else self.chosen(role)
        return "F16" if tensor.shape[-1] % blocks()[chosen][0] else chosen

    def kept(self, tensor: Tensor) -> str:
        """The type of a tensor that is not quantised: vectors and small ones are widened."""
        if tensor.dtype == "F16" or tensor.dtype not in FLOATS:
            return "F16"
        small = len(tensor.shape) < 2 or prod(tensor.shape) <= self.known["small"]
        if small or any(word in tensor.name for word in self.wide):
            return "F32"
        return "BF16" if tensor.dtype == "BF16" else "F16"

    def role(self, name: str) -> str:
        """What a tensor's name says it is for; empty where it is nothing special."""
        return next((role for role, words in self.words.items() if any(one in name for one in words)), "")

    def chosen(self, role: str) -> str:
        """The type for the next tensor of a role."""
        dtype, _, which = self.others.get(role, "").partition(":")
        place, total = self.seen[role], self.total[role]
        self.seen[role] += 1
        return dtype if dtype and among(which, place, total) else self.type


def first_there(words: list[str], names: Iterable[str]) -> list[str]:
    """The first of some words that a name has."""
    known = set(names)
    return [one for one in words if one in known][:1]


def among(which: str, place: int, total: int) -> bool:
    """Whether the tensor at `place` of `total` is one of those that `which` names; all without."""
    if which.startswith("first/"):
        return place < total // int(which.removeprefix("first/"))
    if which.startswith("first"):
        return place < int(which.removeprefix("first"))
    eighth = total // 8
    return not which or place < eighth or place >= 7 * total // 8 or (place - eighth) % 3 == 2
