"""What can be chosen on a node: the cards that are known, and ComfyUI's own model files.

ComfyUI asks for a node's definition when it loads the pack, for each page that is opened or refreshed, and in
each prompt. The first of these must cost nothing: lists are empty then, but for what is always there.
"""

import logging
from pathlib import Path
from typing import Any

from .. import host

logger = logging.getLogger("vram_forecast")

HERE = "this machine"


def settings() -> dict[str, Any]:
    """What the nodes go by: `data/comfyui_side.toml`."""
    from ...estimator import facts

    return facts.table("comfyui_side")["shown"]


def starting(node) -> bool:
    """Whether ComfyUI is only now loading a node: it asks for its schema the first time."""
    return node.SCHEMA is None


def cards(node) -> list[str]:
    """This machine, and each card of `data/gpus.json` that was sold."""
    if starting(node):
        return [HERE]
    try:
        from ...estimator.runtime.cards import cards as rows

        return [HERE, *sorted(row["name"] for row in rows() if row["status"] == "released")]
    except Exception as error:  # a definition that fails would fail the prompt
        logger.debug("VRAM Forecast: no list of cards: %s", error)
        return [HERE]


def other_card(node) -> str | None:
    """The card that a comparison begins with."""
    return None if starting(node) or len(cards(node)) == 1 else settings()["compare"]


def model_files(node) -> list[str]:
    """The files in ComfyUI's folders as `folder/name`; it keeps these lists until a folder changes."""
    if starting(node):
        return []
    try:
        folders = settings()["folders"]
        return [f"{folder}/{name}" for folder in folders for name in host.host().names(folder)]
    except Exception as error:  # a folder that cannot be read, or no estimator
        logger.debug("VRAM Forecast: no list of model files: %s", error)
        return []


def found(file: str | None) -> Path | None:
    """The file that was chosen, None where there is none any more."""
    folder, _, name = (file or "").partition("/")
    return host.host().resolve(folder, name) if name else None
