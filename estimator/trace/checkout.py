"""A ComfyUI checkout, imported as if it ran on an NVIDIA card, though there is none."""

from __future__ import annotations

import importlib
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec

from .. import facts
from ..errors import InputError


class Checkout(msgspec.Struct, frozen=True):
    """Where it is, its version, and its commit where the folder says so (else empty).

    `like`: the release whose memory manager it has, where that is not its own (data/comfyui.toml).
    """

    path: str
    version: str
    commit: str
    like: str


def open_checkout(path: str | Path, attention: str = "pytorch") -> Checkout:
    """Put ComfyUI first on `sys.path` and import its core with a GPU pretended.

    `attention`: which of ComfyUI's own it runs by: pytorch (fused here), split or quad. One checkout and
    one attention per process: Python keeps what was imported. Raises `InputError` where `path` holds none,
    or another was opened before.
    """
    root = Path(path).resolve()
    if not (root / "comfyui_version.py").is_file():
        raise InputError("no ComfyUI here", where=str(root), do="Set COMFYUI_PATH to a ComfyUI checkout.")
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    version = importlib.import_module("comfyui_version")
    if Path(str(version.__file__)).parent != root:
        raise InputError("another ComfyUI was opened before", where=str(root), do="Use a new process.")
    _pretend_card(attention)
    own = str(version.__version__)
    known = facts.table("comfyui")["commits"].get(own, "")
    return Checkout(str(root), own, _commit(root) or known, _like(root, own))


def comfy(name: str) -> Any:
    """The module `comfy.<name>` of the checkout that is open."""
    return importlib.import_module(f"comfy.{name}")


def _pretend_card(attention: str) -> None:
    """Import with no driver, then say "GPU" before modules that choose by it are imported."""
    if "comfy.model_management" in sys.modules:
        return
    logging.getLogger().setLevel(logging.ERROR)
    args = comfy("cli_args").args
    args.cpu = True
    setattr(args, f"use_{attention}_cross_attention", True)
    management = comfy("model_management")
    management.cpu_state = management.CPUState.GPU
    args.cpu = False


def _like(root: Path, own: str) -> str:
    """The release that a checkout from between two releases is like, by what one of its files holds."""
    for row in facts.table("comfyui")["between"]:
        if row["version"] == own and row["holds"] in (root / row["file"]).read_text(encoding="utf-8"):
            return str(row["like"])
    return own


def _commit(root: Path) -> str:
    """The commit, asked of git; empty for an unpacked archive."""
    if not (root / ".git").exists():
        return ""
    asked = subprocess.run(["git", "-C", str(root), "rev-parse", "HEAD"], capture_output=True, text=True)
    return asked.stdout.strip()
