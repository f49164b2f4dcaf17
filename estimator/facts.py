"""The only reader of `data/`: facts are rows there, each with its source, and never constants in code.

What was traced on this machine for models that no row knows lies beside the user's other cached files.
"""

from __future__ import annotations

import contextlib
import gzip
import os
import sys
import tempfile
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
        return _parsed(toml)
    decoded: dict[str, Any] = msgspec.json.decode((DATA / f"{name}.json").read_bytes())
    return decoded


def _parsed(toml: Path) -> dict[str, Any]:
    """A TOML table, from its copy as JSON in the user's folder where there is a fresh one.

    Parsing all families takes a fifth of a second, and the copy a hundredth.
    """
    state = toml.stat()
    place = "-".join(toml.relative_to(DATA).with_suffix("").parts)
    copy = user_folder() / "tables" / f"{place}-{state.st_size}-{state.st_mtime_ns}.json"
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        return msgspec.json.decode(copy.read_bytes(), type=dict[str, Any])
    parsed = tomllib.loads(toml.read_text(encoding="utf-8"))
    for old in copy.parent.glob(f"{place}-[0-9]*.json"):
        with contextlib.suppress(OSError):
            old.unlink()
    write_whole(copy, msgspec.json.encode(parsed))
    return parsed


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


def user_folder() -> Path:
    """The user's cache folder on this system."""
    home = Path.home()
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = home / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or home / ".cache"
    return Path(base) / "vram-forecast"


def learned(architecture: str) -> dict[str, Any]:
    """What was traced here for an architecture: `kind` and `laws`; empty where nothing can be read."""
    try:
        found = msgspec.json.decode(_learned(architecture).read_bytes())
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def anything_learned() -> bool:
    """Whether there is anything that was traced here."""
    return _learned("").parent.is_dir()


def learn(architecture: str, found: Any) -> None:
    """Keep what was traced, in one step; where nothing can be written nothing is kept."""
    write_whole(_learned(architecture), msgspec.json.encode(found))


def write_whole(path: Path, content: bytes) -> None:
    """Write a file of the user's cache, so that no reader sees half of it; silent where that fails."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(path)


def _learned(architecture: str) -> Path:
    """Where it is kept."""
    return user_folder() / "traced" / f"{architecture}.json"
