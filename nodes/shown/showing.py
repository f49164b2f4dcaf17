"""What a node shows on itself and hands on: a text, and where it has one, a picture."""

import logging
import sys
from collections.abc import Callable
from functools import cache
from typing import Any

from comfy_api.v0_0_2 import ui

from ..host import pictures
from .choices import settings

logger = logging.getLogger("vram_forecast")


def drawn(draw: Callable[[], bytes]):
    """What `draw` draws as an IMAGE; a small grey one where that is not possible, and the log says why."""
    try:
        from ...estimator.charts.draw import library
        from ...estimator.errors import InputError

        try:
            library()
        except InputError:
            missing()
            return blank()
        return pictures.image(draw())
    except Exception:
        logger.exception("VRAM Forecast: the picture could not be drawn")
        return blank()


@cache
def missing() -> None:
    """Said once: what a picture lacks, and how to get it."""
    logger.warning(
        "VRAM Forecast: no pictures without matplotlib. Run `%s -m pip install matplotlib` and restart "
        "ComfyUI.",
        sys.executable,
    )


def blank():
    """The picture that stands for one that cannot be drawn."""
    try:
        return pictures.grey(*settings()["grey_px"])
    except Exception:  # the estimator itself is not there
        return pictures.grey(64, 64)


def on_node(text: str, image=None) -> dict[str, Any]:
    """What ComfyUI's frontend gets: the text, and the picture in ComfyUI's folder for passing files."""
    told = ui.PreviewText(text).as_dict()
    if image is None:
        return told
    try:
        return {**told, **ui.PreviewImage(image).as_dict()}
    except Exception as error:  # no room on the disk, or no right to write there
        logger.warning("VRAM Forecast: its picture cannot be shown: %s", error)
        return told
