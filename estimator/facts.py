"""The only reader of `data/`: facts are rows there, each with its source, and never constants in code.

What was traced on this machine lies beside the user's other cached files.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
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


class Copy(msgspec.Struct):
    """A table that was parsed, and the digest of the file that it is `of`."""

    of: str
    table: dict[str, Any]


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
    """A TOML table, from its copy as JSON in the user's folder where that is of just these bytes.

    Parsing all families takes a fifth of a second, and the copies a hundredth.
    """
    content = toml.read_bytes()
    digest = hashlib.blake2b(content, digest_size=16).hexdigest()
    copy = user_folder() / "tables" / ("-".join(toml.relative_to(DATA).with_suffix("").parts) + ".json")
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        kept = msgspec.json.decode(copy.read_bytes(), type=Copy)
        if kept.of == digest:
            return kept.table
    parsed = tomllib.loads(content.decode("utf-8"))
    write_whole(copy, msgspec.json.encode(Copy(digest, parsed)))
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
    """The user's cache folder on this system; one beside the data for a user without a home."""
    try:
        home = Path.home()
    except RuntimeError:
        return DATA.parent / ".cache" / "vram-forecast"
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = home / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or home / ".cache"
    return Path(base) / "vram-forecast"


def learned(architecture: str) -> dict[str, Any]:
    """What was traced here for an architecture: `kind` and `laws`; empty where nothing can be read."""
    file = _learned(architecture)
    try:
        return _read(file, file.stat().st_mtime_ns)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return {}


@cache
def _read(file: Path, changed: int) -> dict[str, Any]:
    """A JSON object as it was when the file was last `changed`: a forecast asks for it at every step."""
    return msgspec.json.decode(file.read_bytes(), type=dict[str, Any])


def anything_learned() -> bool:
    """Whether there is anything that was traced here."""
    return _learned("").parent.is_dir()


def learned_state() -> int:
    """A number that is another one whenever something was traced since; 0 where nothing was."""
    try:
        return _learned("").parent.stat().st_mtime_ns
    except OSError:
        return 0


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
