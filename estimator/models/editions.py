"""The published files of one model, in every precision that somebody offers: rows of `data/variants/`."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import msgspec

from .. import facts
from .rows import Role

HUB = "https://huggingface.co/{}/resolve/main/{}"


class Edition(msgspec.Struct, frozen=True):
    """One published file of a model. `format` is a key of `data/precisions.toml`.

    `path`: within the repository; `bytes`: of the file as its publisher lists them, 0 where that is not
    known; `effects`: what differs beside the precision, `asks`: what it needs besides, each a half sentence;
    `keeps`, `kept_blocks`,
    `packs_all`,
    `lacks`: as in rows of `data/published/`, for a file that has no row there.
    """

    file: str
    folder: str
    base: str
    format: str
    repo: str
    path: str
    bytes: int = 0
    gated: bool = False
    effects: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()
    kept_blocks: int = 0
    packs_all: bool = False
    lacks: tuple[str, ...] = ()
    note: str = ""
    source: str = ""

    @property
    def url(self) -> str:
        """Where it is had from."""
        return HUB.format(self.repo, self.path)


class Base(msgspec.Struct, frozen=True):
    """A model that several files hold. `header`: of `data/headers/`, its tensors in 16 bits, or empty.

    `role`: of the component that differs between them; a checkpoint holds others as well.
    """

    id: str
    role: Role
    header: str
    editions: tuple[Edition, ...]


@cache
def bases() -> dict[str, Base]:
    """Every model of which several files are published, by its id."""
    rows = (row for name in facts.names("variants") for row in facts.table(name)["base"])
    return {row["id"]: Base(row["id"], row["role"], row.get("header", ""), of_row(row)) for row in rows}


def of_row(row: dict[str, Any]) -> tuple[Edition, ...]:
    """The files of a base: those with a row each, and those of GGUF, which a line names by their types."""
    shared = {"base": row["id"], "folder": row["folder"]}  # a file may lie in another folder than most
    found = [one_file(shared | one) for one in row.get("file", [])]
    return (*found, *(one for line in row.get("gguf", []) for one in of_line(shared | line)))


def one_file(row: dict[str, Any]) -> Edition:
    """A file of a row of its own."""
    return msgspec.convert({"path": row["name"], **row, "file": row["name"]}, Edition)


def of_line(line: dict[str, Any]) -> list[Edition]:
    """The files of one repository that differ in their type alone."""
    sizes: dict[str, int] = line["types"]
    common = {key: value for key, value in line.items() if key not in ("types", "name", "path")}
    path: str = line.get("path", line["name"])
    return [
        one_file(
            common
            | {
                "name": line["name"].format(kind),
                "path": path.format(kind),
                "format": f"gguf_{kind.lower()}",
                "bytes": size,
            }
        )
        for kind, size in sizes.items()
    ]


@cache
def by_name() -> dict[tuple[str, str], Edition]:
    """Every edition by ComfyUI's folder and its file's name."""
    return {(one.folder, one.file): one for base in bases().values() for one in base.editions}


def edition(folder: str, name: str) -> Edition | None:
    """The edition that a file's name in one of ComfyUI's folders is of, or None."""
    return by_name().get((folder, own_name(name)))


def own_name(name: str) -> str:
    """A file's name without the folders before it."""
    return name.replace("\\", "/").rpartition("/")[2]


def precision(name: str) -> dict[str, Any]:
    """A format of `data/precisions.toml`."""
    found: dict[str, Any] = facts.table("precisions")["format"][name]
    return found


def made_of(one: Edition) -> dict[str, Any] | None:
    """A row as `data/published/` has them, for an edition without one there; None where nothing makes it."""
    base, storage = bases()[one.base], precision(one.format).get("storage")
    if not base.header or not storage:
        return None
    return {
        "names": [one.file],
        "folder": one.folder,
        "role": base.role,
        "storage": storage,
        "like": base.header,
        "keeps": one.keeps,
        "kept_blocks": one.kept_blocks,
        "packs_all": one.packs_all,
        "lacks": one.lacks,
    }


def words(name: str) -> str:
    """The words of a file's name in lower case, spaces between them, without its ending."""
    stem = own_name(name).rpartition(".")[0] or name
    return re.sub(r"[\W_]+", " ", stem.lower()).strip()


def alike_name(one: str, other: str) -> bool:
    """Whether two files' names say the same but for their precision."""
    said = facts.table("precisions")["names"]["precision"]
    left, right = (re.sub(rf"\b({said})\b", "", words(name)).split() for name in (one, other))
    return left == right


def expert(name: str) -> str:
    """Which of a pair of experts a file's name says that it is; empty where it says nothing."""
    said = re.search(rf"\b({facts.table('precisions')['names']['experts']})( ?noise)?\b", words(name))
    return said[1] if said else ""
