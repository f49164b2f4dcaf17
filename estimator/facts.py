"""The only reader of `data/`: facts are rows there, each with its source, and never constants in code."""

from __future__ import annotations

import gzip
import sys
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

if sys.version_info >= (3, 11):
    import tomllib
else:  # pragma: no cover
    import tomli as tomllib

DATA = Path(__file__).resolve().parent.parent / "data"


@cache
def table(name: str) -> dict[str, Any]:
    """The table `data/<name>.toml` or `data/<name>.json`; `name` may hold folders (`costs/flux`).

    Raises `FileNotFoundError` where neither exists.
    """
    toml = DATA / f"{name}.toml"
    if toml.is_file():
        return tomllib.loads(toml.read_text(encoding="utf-8"))
    decoded: dict[str, Any] = msgspec.json.decode((DATA / f"{name}.json").read_bytes())
    return decoded


@cache
def header(name: str) -> dict[str, Any]:
    """Tensors (name to type and shape) and metadata of a published file: `data/headers/<name>.json.gz`."""
    packed = (DATA / "headers" / f"{name}.json.gz").read_bytes()
    decoded: dict[str, Any] = msgspec.json.decode(gzip.decompress(packed))
    return decoded


@cache
def names(folder: str) -> tuple[str, ...]:
    """The tables of one folder of `data/`, sorted: `names("families")` is `("families/flux", ...)`."""
    found = [path for path in (DATA / folder).iterdir() if path.suffix in (".toml", ".json")]
    return tuple(sorted(f"{folder}/{path.stem}" for path in found))
