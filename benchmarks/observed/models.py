"""From a row's words to a model: its family, its storage, and the tables of its files."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import Any

import msgspec

from estimator import facts
from estimator.formats import TensorTable
from estimator.models import Component, identify
from estimator.models.library import Found, Library
from estimator.models.published import published, row_of, stand_in
from estimator.models.variants import recipes, variant

from .reading import Row, table, worded

FULL = re.compile(r"\bq\d_(k_[sml]|[01]|k)\b", re.IGNORECASE)
COUNTS = re.compile(r"\b([a-z]+\d+(?:_[a-z0-9]+)*) (\d+)\b", re.IGNORECASE)
NEAR = 0.015  # a stated size names the storage whose own is as near


class Unjudged(Exception):
    """Why a row cannot be judged."""


class Model(msgspec.Struct, frozen=True):
    """What a row ran: its family's row, and the file of its main part."""

    family: dict[str, Any]
    folder: str
    name: str
    storage: str

    @property
    def gguf(self) -> bool:
        """Whether its loader is ComfyUI-GGUF's."""
        return self.storage.startswith("gguf-") or self.name.lower().endswith(".gguf")


def family_of(row: Row) -> dict[str, Any]:
    """The family that a row's words name."""
    found = next((one for one in families().values() if named(one, row.said)), None)
    if found is None:
        raise Unjudged(f"the model `{row.model_family or row.model_file or ''}` is none we know by that name")
    if found.get("sizes") and row.params_b:
        nearest = min(found["sizes"], key=lambda size: abs(float(size) - row.params_b))  # type: ignore[operator]
        if abs(float(nearest) - row.params_b) < 1:
            return families()[found["sizes"][nearest]]
    return found


def named(family: dict[str, Any], words: str) -> bool:
    """Whether words name a family."""
    return any(re.search(pattern, words) for pattern in family["match"])


@cache
def families() -> dict[str, dict[str, Any]]:
    """The rows of families.toml by id, in their order."""
    return {one["id"]: one for one in table("families")["family"]}


def model_of(row: Row, by_size: bool = True) -> Model:
    """The model of a row. `by_size`: stated megabytes may choose between storages."""
    family = family_of(row)
    folder = family.get("folder", "diffusion_models")
    own = (row.model_file or "").rpartition("/")[2]
    for kind in (folder, "checkpoints"):
        for name in (own, f"{own}.safetensors"):
            if own and published(kind, name):
                return Model(family, kind, name, "file")
    wanted = storages_said(row)
    if by_size and row.mb:
        return of_size(row, family, wanted)
    if not wanted:
        raise Unjudged("no storage of the model is stated")
    if family.get("ask_size") and not row.params_b and not re.search(family["ask_size"], row.said):
        raise Unjudged(f"which {family['id']} it is is not stated")
    return first_published(row, family, wanted)


def first_published(row: Row, family: dict[str, Any], wanted: tuple[str, ...]) -> Model:
    """The model in the first of some storages that a published file of it has, else in the first."""
    for storage in wanted:
        if row.component == "checkpoint" and storage in family.get("checkpoint", {}):
            return Model(family, "checkpoints", family["checkpoint"][storage], "file")
        if name := published_in(family, storage):
            return Model(family, family.get("folder", "diffusion_models"), name, storage)
    return Model(family, family.get("folder", "diffusion_models"), family["model"], wanted[0])


def of_size(row: Row, family: dict[str, Any], wanted: tuple[str, ...]) -> Model:
    """The model whose main part is as large as the row states it to be."""
    others = [families()[one] for one in dict.fromkeys(family.get("sizes", {}).values())]
    every = wanted or ("BF16", "F8_E4M3", "int8_convrot", "f8_mixed", "nvfp4")
    tried = [first_published(row, one, (storage,)) for one in (family, *others) for storage in every]
    if row.component not in (None, "diffusion", "checkpoint"):
        return tried[0]
    nearest = min(tried, key=lambda one: abs(megabytes(one) - (row.mb or 0)))
    if abs(megabytes(nearest) - (row.mb or 0)) <= NEAR * (row.mb or 0):
        return nearest
    if wanted and not others:
        return tried[0]
    raise Unjudged("no storage is stated, and its megabytes are those of none that we know of the model")


def megabytes(model: Model) -> float:
    """The size of the main part as its file has it, MiB."""
    parts = [one for one in components(model) if one.role == "diffusion_model"]
    return sum(one.file_bytes for one in parts) / 2**20


def storages_said(row: Row) -> tuple[str, ...]:
    """The storages that a row's words may mean, the likeliest first; none where it states none."""
    for text in (row.dtype or "", row.model_file or ""):
        plain = re.sub(table("words")["computing"][0]["says"], "", text.lower())
        if found := gguf_said(row, plain):
            return found
        said = worded("storage", plain)
        if said:
            return tuple(said["may"])
    return ()


def gguf_said(row: Row, text: str) -> tuple[str, ...]:
    """The recipes of GGUF that some words may mean."""
    found = FULL.search(text.replace("-", " ").replace(".", " "))
    if not found:
        return gguf_of_some_kind(row, text) if "gguf" in text else ()
    name = f"gguf-{found[0].upper()}"
    alike = [one for one in (f"{name}_M", f"{name}_S", name) if one in recipes()]
    counts = {kind.upper(): int(count) for kind, count in COUNTS.findall(text)}
    if len(counts) > 1:
        return (nearest_recipe(row, counts),)
    return (name,) if name in recipes() else tuple(alike)


def gguf_of_some_kind(row: Row, text: str) -> tuple[str, ...]:
    """The recipe that a number alone (`Q8`), or the file's size, tells; none where neither is stated."""
    if bare := re.search(r"\bq([2-8])\b", text):
        return tuple(one for one in recipes() if one.startswith(f"gguf-Q{bare[1]}"))[:1]
    stated = row.bytes or (row.number("file_gb") or 0) * 1e9
    if not stated:
        return ()
    base = base_of(row)
    return (min(recipes(), key=lambda name: abs(variant(base, name).file_bytes - stated)),)


def nearest_recipe(row: Row, counts: dict[str, int]) -> str:
    """The recipe that makes most nearly as many tensors of each type as are stated."""
    base = base_of(row)

    def apart(name: str) -> int:
        made = Counter(one.dtype for one in variant(base, name).tensors.values())
        return sum(abs(made.get(kind, 0) - counts.get(kind, 0)) for kind in {*made, *counts})

    return min(recipes(), key=apart)


def base_of(row: Row) -> TensorTable:
    """The table that a row's component is made from: the model's, or its largest text encoder's."""
    if row.component == "text_encoder" and "clip" in family_of(row):
        return sixteen_bits("text_encoders", main_encoder(row))
    return source(family_of(row))


def main_encoder(row: Row) -> str:
    """The largest text encoder of a row's model: the one its words name, else its family's."""
    said = worded("encoder", f"{row.dtype or ''} {row.said}")
    return str(said["is"]) if said else main_of(family_of(row))


def main_of(family: dict[str, Any]) -> str:
    """The largest text encoder of a family."""
    found: str = max(family["clip"]["files"], key=lambda name: table_of("text_encoders", name).file_bytes)
    return found


def sixteen_bits(folder: str, name: str) -> TensorTable:
    """The table of a published file, or of the one in 16 bits that it is made like."""
    own = row_of(folder, name) or {}
    for table_name in facts.names("published"):
        for one in facts.table(table_name)["file"]:
            alike = one["folder"] == folder and one.get("header") == own.get("like", "")
            if alike and one["storage"] in ("BF16", "F16"):
                return table_of(folder, one["names"][0])
    return stand_in(name, own["like"]) if "like" in own else table_of(folder, name)


@cache
def table_of(folder: str, name: str) -> TensorTable:
    """The table of a published file."""
    found = published(folder, name)
    if found is None:
        raise Unjudged(f"no header of {name} is known")
    return found


def source(family: dict[str, Any]) -> TensorTable:
    """The table that a family's variants are made from."""
    if "header" in family:
        return stand_in(family["model"], family["header"])
    return table_of(family.get("folder", "diffusion_models"), family["model"])


def published_in(family: dict[str, Any], storage: str) -> str:
    """The published file of a family's model in a storage; empty where there is none."""
    if storage in family.get("usual", {}):
        return str(family["usual"][storage])
    folder = family.get("folder", "diffusion_models")
    own = row_of(folder, family["model"]) or {}
    header = family.get("header") or own.get("header") or own.get("like")
    if own.get("storage") == storage:
        return str(family["model"])
    for name in facts.names("published"):
        for one in facts.table(name)["file"]:
            same = one["folder"] == folder and (one.get("like") or one.get("header")) == header
            if same and one.get("storage") == storage and "kept_blocks" not in one:
                return str(one["names"][0])
    return ""


@cache
def made(folder: str, name: str, header: str, storage: str) -> tuple[Component, ...]:
    """The components of a file: the published one, or what a recipe makes of it."""
    base = stand_in(name, header) if header else table_of(folder, name)
    return identify(base if storage == "file" else variant(base, storage)).components


def components(model: Model) -> tuple[Component, ...]:
    """What the model's main file holds."""
    own = row_of(model.folder, model.name) or {}
    if model.storage == "file" or own.get("storage") == model.storage or model.name != model.family["model"]:
        return made(model.folder, model.name, "", "file")
    found = made(model.folder, model.name, model.family.get("header", ""), model.storage)
    if model.gguf and model.folder == "checkpoints":  # such a file holds the model alone, the rest stays
        plain = made(model.folder, model.name, model.family.get("header", ""), "file")
        own = tuple(one for one in found if one.role == "diffusion_model")
        return own + tuple(one for one in plain if one.role != "diffusion_model")
    return found


class Shelf(Library):
    """Files that are made, beside the published ones."""

    def __init__(self, files: dict[tuple[str, str], tuple[Component, ...]]) -> None:
        """`files`: components by folder and name."""
        super().__init__(lambda folder, name: None)
        self.made = files

    def look(self, folder: str, name: str) -> Found:
        """The components of a file."""
        known = self.made.get((folder, name))
        return Found(known) if known else super().look(folder, name)


def shelf(model: Model, more: dict[tuple[str, str], tuple[Component, ...]] | None = None) -> Shelf:
    """A library with a model's own files."""
    own = components(model)
    names = [model.name, *([model.family["second"]] if "second" in model.family else ())]
    return Shelf({(model.folder, name): own for name in names} | (more or {}))


@cache
def encoder(name: str, storage: str) -> tuple[Component, ...]:
    """A text encoder in another storage: the published file, or what is made of the one in 16 bits."""
    own = row_of("text_encoders", name) or {}
    if storage == "file" or own.get("storage") == storage:
        return made("text_encoders", name, "", "file")
    return identify(variant(sixteen_bits("text_encoders", name), storage)).components
